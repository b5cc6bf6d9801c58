import { createInterface } from 'node:readline';

/**
 * One line that somebody types or pastes; undefined when there is none. On a terminal it is read key by key, since terminals
 * cut lines of more than 4095 characters, and addresses with a code can be as long.
 */
export function readLine(
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean; readonly readableEnded?: boolean },
  output: NodeJS.WritableStream,
): Promise<string | undefined> {
  // No event would tell so again.
  if (input.readableEnded === true) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const lines = createInterface({ input, output, terminal: input.isTTY === true });
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => resolve(undefined));
  });
}
