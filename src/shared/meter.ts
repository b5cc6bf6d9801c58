/** Where rooms count; observe/metrics.ts implements it. Names are Prometheus names with their unit, labels few and bounded. */
export interface Meter {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
}

/** Label values are given in the order in which the labels were named. */
export interface Counter {
  add(amount: number, ...labels: string[]): void;
}

export interface Gauge {
  set(value: number, ...labels: string[]): void;
  /** Asks for the value whenever the metrics are read. */
  from(read: () => number | readonly { readonly labels: readonly string[]; readonly value: number }[]): void;
}

export interface Histogram {
  observe(value: number, ...labels: string[]): void;
}

/** Counts nothing; for tests and tools that show no metrics. */
export const noMeter: Meter = {
  counter: () => ({ add: () => undefined }),
  gauge: () => ({ set: () => undefined, from: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
};
