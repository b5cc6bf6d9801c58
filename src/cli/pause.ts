/** Waits, and unlike a Clock's timers keeps the process alive: a command that waits has something to do. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
