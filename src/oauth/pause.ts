import type { Clock } from '../shared/clock.ts';

/** Resolves after so many ms of the clock. */
export function pause(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });
}

/** The result of the work, or that of `late` when it takes longer than so many ms; the work goes on all the same. */
export async function within<T, L>(
  clock: Clock,
  milliseconds: number,
  work: Promise<T>,
  late: () => L,
): Promise<T | L> {
  const deadline = Promise.withResolvers<true>();
  const timer = clock.after(milliseconds, () => deadline.resolve(true));
  const isLate = Symbol('late');
  try {
    const first = await Promise.race([work, deadline.promise.then(() => isLate)]);
    return first === isLate ? late() : await work;
  } finally {
    timer.cancel();
  }
}
