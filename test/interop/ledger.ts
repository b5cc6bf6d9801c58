import { type Sink, startSink } from '../../scripts/bench/sink.ts';

/** Keeps count of what was answered 250 and of what arrived, to find what was lost and what came twice. */
export interface Ledger {
  readonly sink: Sink;
  accepted(number: number): void;
  readonly acceptedCount: number;
  /** Numbers that were answered 250 and have not arrived. */
  missing(): readonly number[];
  /** Arrivals beyond the first of each message. */
  duplicates(): number;
}

/** Starts the sink that it counts at. */
export async function openLedger(
  options: { readonly pause?: number; readonly port?: number } = {},
): Promise<Ledger> {
  const accepted = new Set<number>();
  const arrivals = new Map<number, number>();
  const sink = await startSink({
    ...options,
    onMessage: (number) => arrivals.set(number, (arrivals.get(number) ?? 0) + 1),
  });
  return {
    sink,
    accepted: (number) => accepted.add(number),
    get acceptedCount() {
      return accepted.size;
    },
    missing: () => [...accepted].filter((number) => !arrivals.has(number)),
    duplicates: () => [...arrivals.values()].reduce((sum, count) => sum + count - 1, 0),
  };
}
