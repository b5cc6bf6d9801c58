import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { MessageBody } from '../message/envelope.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Dissection, Reply, Request, Wanted } from './protocol.ts';

/** Takes messages apart in a thread, one at a time. */
export interface Dissector {
  /**
   * Never more than some megabytes, and never longer than the deadline: what is not known by then is left out, with `incomplete`.
   * Throws RelayError `overloaded` when too many wait already, and what reading the body throws.
   */
  dissect(body: MessageBody, wanted: Wanted): Promise<Dissection>;
  close(): Promise<void>;
}

/** Time for one message, ms. */
const DEADLINE = 10_000;
/** The thread ends when nobody has needed it for so long, ms. */
const IDLE = 60_000;
/** Messages that wait at most. */
const MOST_WAITING = 32;
/** Memory of the thread's heap, MiB. */
const HEAP = 256;

const NOTHING: Dissection = { files: [], hasHtml: false, incomplete: true };

interface Thread {
  readonly worker: Worker;
  /** Rejects when the thread has ended. */
  readonly ended: Promise<never>;
}

export function createDissector({ clock, log }: { readonly clock: Clock; readonly log: Log }): Dissector {
  let thread: Thread | undefined;
  let idle: Timer | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let closed = false;

  async function end(): Promise<void> {
    const ending = thread;
    thread = undefined;
    await ending?.worker.terminate();
  }

  async function run(body: MessageBody, wanted: Wanted): Promise<Dissection> {
    if (closed) throw new RelayError('stopping', 'This relay is being stopped.');
    idle?.cancel();
    thread ??= start();
    const current = thread;
    let known = NOTHING;
    const late = Promise.withResolvers<never>();
    const timer = clock.after(DEADLINE, () => late.reject(new Error(`it takes longer than ${DEADLINE} ms`)));
    try {
      const given = Promise.race([current.ended, late.promise]);
      for (let looks = 0; looks < 2; looks += 1) {
        const giving = give(current.worker, body, wanted, looks === 0, given);
        giving.catch(() => undefined);
        // Reading the message may take as long as the store likes; waiting for it does not.
        const reply = await Promise.race([giving, given]);
        if (reply.kind === 'done') return reply.dissection;
        if (reply.kind === 'again') known = reply.known;
      }
      throw new Error('the thread asks for the message again and again');
    } catch (error) {
      // It may be in the middle of anything.
      await end();
      if (error instanceof RelayError) throw error;
      log.warn({ err: error }, 'A message could not be taken apart completely');
      return { ...known, incomplete: true };
    } finally {
      timer.cancel();
      if (!closed) idle = clock.after(IDLE, () => void end());
    }
  }

  return {
    async dissect(body, wanted) {
      if (waiting >= MOST_WAITING) {
        throw new RelayError(
          'overloaded',
          'Too many messages are being opened at this moment; try again soon.',
        );
      }
      waiting += 1;
      const before = last;
      const mine = before.then(() => run(body, wanted));
      last = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        waiting -= 1;
      }
    },
    async close() {
      closed = true;
      idle?.cancel();
      await end();
    },
  };
}

function start(): Thread {
  // Beside the source it is the source, beside the built file the built one.
  const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, {
    name: 'inbox',
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP, maxYoungGenerationSizeMb: 32 },
  });
  worker.unref();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  // It may end while nobody waits for it.
  ended.catch(() => undefined);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('the thread that takes messages apart has ended')));
  return { worker, ended };
}

/** Sends the message once, each piece when the last one is used up; resolves with the answer behind it. */
async function give(
  worker: Worker,
  body: MessageBody,
  wanted: Wanted,
  begin: boolean,
  given: Promise<never>,
): Promise<Reply> {
  const next = (): Promise<Reply> => {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    worker.once('message', resolve);
    return Promise.race([promise, given]).finally(() => worker.off('message', resolve));
  };
  if (begin) post(worker, { kind: 'begin', wanted });
  for await (const piece of body.chunks()) {
    const used = next();
    // A copy of its own: sending a view would send all of what it is a view of.
    const bytes = new Uint8Array(piece);
    post(worker, { kind: 'piece', bytes }, [bytes.buffer]);
    await used;
  }
  const answer = next();
  post(worker, { kind: 'end' });
  return answer;
}

function post(worker: Worker, request: Request, transfer: ArrayBuffer[] = []): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  worker.postMessage(request, transfer);
}
