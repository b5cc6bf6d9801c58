import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** The flag counts for contexts made after it. */
const gc: unknown = runInNewContext('gc');

/** Frees what nothing holds any more. */
export function collect(): void {
  if (typeof gc !== 'function') throw new Error('there is no gc()');
  Reflect.apply(gc, undefined, []);
}

/** Bytes of the heap that `make`'s results hold once everything else is collected. */
export function heapKept(count: number, make: (index: number) => unknown): number {
  const kept: unknown[] = Array.from({ length: count });
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < count; index += 1) kept[index] = make(index);
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return kept.length === count ? bytes : Number.NaN;
}
