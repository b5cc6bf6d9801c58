/**
 * Counts for Prometheus. Rooms count through shared/meter.ts; a count on the message path is one map look-up and one
 * addition, and is turned into prom-client's shape only when the metrics are read. Process metrics and the event-loop delay come along.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';
import type {
  Meter,
  Counter as MeterCounter,
  Gauge as MeterGauge,
  Histogram as MeterHistogram,
} from '../shared/meter.ts';

/** What a metric is, for the documentation and its guard test. */
export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
}

export interface Metrics {
  readonly meter: Meter;
  /** `Content-Type` of `text()`. */
  readonly contentType: string;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
  /** Postern's own metrics (not those of the process), by name. */
  describe(): readonly MetricDescription[];
}

/** Most label combinations of one metric; more are counted together, so that no client fills the memory. */
const MAX_SERIES = 1000;
const OTHER = 'other';
const SEPARATOR = '\u0000';

export function createMetrics(options: { readonly processMetrics: boolean }): Metrics {
  const registry = new Registry();
  const descriptions = new Map<string, MetricDescription>();
  const counters = new Map<string, MeterCounter>();
  const gauges = new Map<string, MeterGauge>();
  const histograms = new Map<string, MeterHistogram>();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });

  /** The instrument of that name; asked for twice (two listeners, say), it is the same one. */
  function once<T>(
    known: Map<string, T>,
    description: MetricDescription,
    create: () => { metric: Metric; instrument: T },
  ): T {
    const declared = descriptions.get(description.name);
    const found = known.get(description.name);
    if (found && declared && sameLabels(declared, description)) return found;
    if (declared) throw new Error(`the metric ${description.name} is declared twice, differently`);
    checkName(description);
    const { metric, instrument } = create();
    registry.registerMetric(metric);
    descriptions.set(description.name, description);
    known.set(description.name, instrument);
    return instrument;
  }

  const meter: Meter = {
    counter: (name, help, labels = []) =>
      once(counters, { name, help, labels, type: 'counter' }, () => {
        const series = createSeries(labels);
        if (labels.length === 0) series.add(0, []);
        const metric = new Counter({
          name,
          help,
          labelNames: [...labels],
          registers: [],
          collect() {
            this.reset();
            for (const { labelValues, value } of series.all()) this.inc(labelValues, value);
          },
        });
        return { metric, instrument: { add: (amount, ...values) => series.add(amount, values) } };
      }),
    gauge: (name, help, labels = []) =>
      once(gauges, { name, help, labels, type: 'gauge' }, () => {
        const series = createSeries(labels);
        let read: Parameters<MeterGauge['from']>[0] | undefined;
        const metric = new Gauge({
          name,
          help,
          labelNames: [...labels],
          registers: [],
          collect() {
            this.reset();
            const found = read?.();
            if (typeof found === 'number') this.set(found);
            else if (found) for (const one of found) this.set(named(labels, one.labels), one.value);
            for (const { labelValues, value } of series.all()) this.set(labelValues, value);
          },
        });
        const instrument = {
          set: (value: number, ...values: string[]) => series.set(value, values),
          from: (reader: NonNullable<typeof read>) => {
            read = reader;
          },
        };
        return { metric, instrument };
      }),
    histogram: (name, help, buckets, labels = []) =>
      once(histograms, { name, help, labels, type: 'histogram' }, () => {
        const metric = new Histogram({
          name,
          help,
          buckets: [...buckets],
          labelNames: [...labels],
          registers: [],
        });
        const children = new Map<string, { observe(value: number): void }>();
        const observe = (value: number, ...values: string[]) => {
          const key = keyOf(values);
          let child = children.get(key);
          if (!child) {
            const full = children.size >= MAX_SERIES;
            child =
              labels.length === 0 ? metric : metric.labels(...(full ? labels.map(() => OTHER) : values));
            if (!full) children.set(key, child);
          }
          child.observe(value);
        };
        return { metric, instrument: { observe } };
      }),
  };
  return {
    meter,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    describe: () => [...descriptions.values()].toSorted((a, b) => a.name.localeCompare(b.name)),
  };
}

/** Names carry `postern_`, counters end in `_total`, histograms in their unit (Prometheus: metric and label naming). */
function checkName({ name, type }: MetricDescription): void {
  const wanted = {
    counter: /^postern_[a-z0-9_]+_total$/,
    gauge: /^postern_[a-z0-9_]+$/,
    histogram: /^postern_[a-z0-9_]+_(seconds|bytes|messages|recipients|operations)$/,
  }[type];
  if (!wanted.test(name)) throw new Error(`the metric name ${name} does not match ${wanted}`);
}

function sameLabels(one: MetricDescription, other: MetricDescription): boolean {
  return keyOf(one.labels) === keyOf(other.labels);
}

function keyOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : values.join(SEPARATOR);
}

function named(labels: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']));
}

/** One number for each combination of label values. */
function createSeries(labels: readonly string[]) {
  const numbers = new Map<string, { labelValues: Record<string, string>; value: number }>();
  function entry(values: readonly string[]) {
    const key = keyOf(values);
    const known = numbers.get(key);
    if (known) return known;
    if (numbers.size >= MAX_SERIES) {
      const others = labels.map(() => OTHER);
      const rest = numbers.get(keyOf(others));
      if (rest) return rest;
      const made = { labelValues: named(labels, others), value: 0 };
      numbers.set(keyOf(others), made);
      return made;
    }
    const made = { labelValues: named(labels, values), value: 0 };
    numbers.set(key, made);
    return made;
  }
  return {
    add(amount: number, values: readonly string[]) {
      entry(values).value += amount;
    },
    set(value: number, values: readonly string[]) {
      entry(values).value = value;
    },
    all: () => numbers.values(),
  };
}
