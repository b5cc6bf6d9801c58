/**
 * The thread that owns the SQLite connection: no disk wait ever stops the main thread. Calls are run strictly in the
 * order in which they arrive. A call that fails leaves no transaction behind, so that the next one starts clean.
 */
import { parentPort } from 'node:worker_threads';
import { createConnection } from './connection.ts';
import type { QueryAnswer, WorkerFailure, WorkerReply, WorkerRequest } from './protocol.ts';

// As in the main thread: a report of Node must not tell the environment.
process.report.excludeEnv = true;

const connection = createConnection();

parentPort?.on('message', (request: WorkerRequest) => {
  const { id, call } = request;
  try {
    switch (call.kind) {
      case 'open':
        connection.open(call);
        return reply({ id, result: undefined });
      case 'query':
        return replyRows(id, connection.query(call.sql, call.parameters));
      case 'batch':
        return reply({ id, result: connection.batch(call) });
      case 'backup':
        connection.backup(call.path).then(
          () => reply({ id, result: undefined }),
          (error: unknown) => reply({ id, error: failureOf(error) }),
        );
        return;
      case 'close':
        connection.close();
        return reply({ id, result: undefined });
    }
  } catch (error) {
    reply({ id, error: failureOf(error) });
  }
});

function reply(answer: WorkerReply, transfer: ArrayBuffer[] = []): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has none
  parentPort?.postMessage(answer, transfer);
}

/** Pieces of bodies change hands instead of being copied. */
function replyRows(id: number, result: QueryAnswer): void {
  const buffers = new Set<ArrayBuffer>();
  for (const row of result.rows) {
    for (const value of row) {
      if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) buffers.add(value.buffer);
    }
  }
  reply({ id, result }, [...buffers]);
}

function failureOf(error: unknown): WorkerFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return { message, code: error.errcode };
  }
  return { message };
}
