import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../shared/clock.ts';
import { errorText, RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { sqliteError } from './errors.ts';
import type { BatchAnswer, QueryAnswer, WorkerCall, WorkerReply } from './protocol.ts';

/** A worker that dies sooner than this after its start is given time before the next is started, in milliseconds. */
const RESTART_PAUSE = 1_000;

type OpenCall = Extract<WorkerCall, { kind: 'open' }>;
type Answer = QueryAnswer | BatchAnswer | undefined;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: RelayError): void;
}

/** One life of the worker thread; a transaction belongs to the life that it was begun in. */
interface Life {
  readonly number: number;
  readonly worker: Worker;
  readonly startedAt: number;
  readonly pending: Map<number, Pending>;
  ended: boolean;
}

export interface WorkerClient {
  /** Number of the worker's life, for transactions. */
  life(): number;
  query(sql: string, parameters: readonly unknown[], life?: number): Promise<QueryAnswer>;
  batch(call: Extract<WorkerCall, { kind: 'batch' }>): Promise<BatchAnswer>;
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly open: OpenCall;
  readonly directory: string;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Talks to the worker thread that owns the SQLite file. When the thread dies, what it had not answered fails with
 * `store-unavailable` and the next call starts another thread; one that keeps dying is started once a second at most.
 */
export async function createWorkerClient({ open, directory, log, clock }: Options): Promise<WorkerClient> {
  let current: Life | undefined;
  let lives = 0;
  let calls = 0;
  let closed = false;

  function start(): Life {
    if (closed) throw new RelayError('stopping', 'The store is closed.');
    const previous = current;
    if (previous !== undefined && clock.monotonic() - previous.startedAt < RESTART_PAUSE) {
      throw new RelayError('store-unavailable', 'The store is being started again.');
    }
    // Beside the source it is the source, beside the built file the built one.
    const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    lives += 1;
    // Flags of the process, such as --input-type, are not meant for the thread.
    const worker = new Worker(file, { name: 'store', execArgv: [] });
    const life: Life = {
      number: lives,
      worker,
      startedAt: clock.monotonic(),
      pending: new Map(),
      ended: false,
    };
    current = life;
    worker.on('message', (reply: WorkerReply) => settle(life, reply));
    worker.on('error', (error) => end(life, error));
    worker.on('exit', (code) => end(life, new Error(`The store's thread ended with code ${code}.`)));
    return life;
  }

  function settle(life: Life, reply: WorkerReply): void {
    const pending = life.pending.get(reply.id);
    life.pending.delete(reply.id);
    if ('error' in reply) pending?.reject(sqliteError(reply.error, directory));
    else pending?.resolve(reply.result);
  }

  function end(life: Life, cause: unknown): void {
    if (life.ended) return;
    life.ended = true;
    if (!closed) log.error({ err: cause }, `the store's thread has died: ${errorText(cause)}`);
    const lost = [...life.pending.values()];
    life.pending.clear();
    for (const pending of lost) {
      pending.reject(
        new RelayError('store-unavailable', 'The store stopped before it had answered.', { cause }),
      );
    }
  }

  function post(life: Life, call: WorkerCall): Promise<Answer> {
    calls += 1;
    const id = calls;
    return new Promise((resolve, reject) => {
      life.pending.set(id, { resolve, reject });
      life.worker.postMessage({ id, call }, call.kind === 'batch' ? [call.bytes] : []);
    });
  }

  function living(): Life {
    if (current !== undefined && !current.ended) return current;
    const life = start();
    // Its failure reaches the caller through the call behind it, which finds nothing open.
    post(life, open).catch((error: unknown) =>
      log.error({ err: error }, 'the store could not be opened again'),
    );
    return life;
  }

  async function send(call: WorkerCall, wanted?: number): Promise<Answer> {
    const life = living();
    if (wanted !== undefined && wanted !== life.number) {
      throw new RelayError(
        'store-unavailable',
        'The store was started again in the middle of a transaction.',
      );
    }
    return post(life, call);
  }

  try {
    await post(start(), open);
  } catch (error) {
    closed = true;
    await current?.worker.terminate();
    throw error;
  }

  return {
    life: () => living().number,

    async query(sql, parameters, life) {
      const answer = await send({ kind: 'query', sql, parameters: parameters.map(sqlValue) }, life);
      if (answer === undefined || !('columns' in answer))
        throw new RelayError('internal', 'A query had no answer.');
      return answer;
    },

    async batch(call) {
      const answer = await send(call);
      if (answer === undefined || 'columns' in answer)
        throw new RelayError('internal', 'A batch had no answer.');
      return answer;
    },

    async backup(path) {
      await send({ kind: 'backup', path });
    },

    async close() {
      if (closed) return;
      const life = current;
      if (life !== undefined && !life.ended) await post(life, { kind: 'close' });
      closed = true;
      await life?.worker.terminate();
    },
  };
}

function sqlValue(value: unknown): string | number | bigint | null | Uint8Array {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  // A copy of its own: a view of a larger buffer would be handed over with all of that buffer.
  if (value instanceof Uint8Array) return value.slice();
  throw new RelayError('internal', `The store cannot keep a value of type ${typeof value}.`);
}
