import { createInterface } from 'node:readline';

/**
 * One line that nobody should see. On a terminal the question is asked and nothing of the answer is shown; from a file or a pipe the
 * first line is taken. Undefined when there is none.
 */
export function readHiddenLine(
  question: string,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean; readonly readableEnded?: boolean },
  output: NodeJS.WritableStream,
): Promise<string | undefined> {
  if (input.readableEnded === true) return Promise.resolve(undefined);
  const asked = input.isTTY === true;
  if (asked) output.write(question);
  return new Promise((resolve) => {
    // Without an output there is nothing to show it on, and as a terminal the system shows nothing by itself either.
    const lines = createInterface({ input, terminal: asked });
    const end = (line: string | undefined) => {
      if (asked) output.write('\n');
      resolve(line);
    };
    lines.once('line', (line) => {
      lines.removeAllListeners('close');
      end(line);
      lines.close();
    });
    lines.once('close', () => end(undefined));
  });
}
