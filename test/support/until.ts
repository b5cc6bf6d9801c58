/** Waits until a condition holds, looking every few milliseconds; fails with `what` after the deadline. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadline = 10_000,
): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${deadline} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
