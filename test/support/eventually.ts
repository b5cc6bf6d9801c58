import { setTimeout as wait } from 'node:timers/promises';

/** Asks again and again until the answer is there, or fails with the last reason after `within` milliseconds. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  within = 5000,
  what = 'what the test waits for',
): Promise<NonNullable<T>> {
  const deadline = performance.now() + within;
  let reason: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
      reason = undefined;
    } catch (error) {
      reason = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} did not happen within ${within} ms`, { cause: reason });
    }
    await wait(10);
  }
}
