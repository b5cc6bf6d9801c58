/** The thread in which messages are taken apart, one after the other. It answers each piece, so that its sender never runs ahead. */
import { parentPort } from 'node:worker_threads';
import { createDissecting, type Dissecting } from './dissect.ts';
import type { Reply, Request } from './protocol.ts';

// As in the main thread: a report of Node must not tell the environment.
process.report.excludeEnv = true;

let dissecting: Dissecting | undefined;

function reply(answer: Reply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has none
  parentPort?.postMessage(answer);
}

parentPort?.on('message', (request: Request) => {
  switch (request.kind) {
    case 'begin':
      dissecting = createDissecting(request.wanted);
      return;
    case 'piece': {
      const { buffer, byteOffset, byteLength } = request.bytes;
      dissecting?.push(Buffer.from(buffer, byteOffset, byteLength));
      reply({ kind: 'more' });
      return;
    }
    case 'end':
      // What fails here fails the thread: whoever waits for it hears of that.
      void dissecting?.end().then(reply);
  }
});
