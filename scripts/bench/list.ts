import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import type { MessageRecord, MessageState } from '../../src/queue/message.ts';
import type { AcceptOperation, MessageFilter, QueueStorage } from '../../src/queue/storage.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { createMessageIds } from '../../src/shared/ids.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { openStore } from '../../src/store/open-store.ts';

/** How fast the store answers lists and searches, milliseconds. */
export interface ListMeasurement {
  readonly messages: number;
  readonly engine: string;
  readonly answers: readonly { readonly what: string; readonly p50: number; readonly p95: number }[];
  /** Commits of ten messages while it answered. */
  readonly commits: number;
}

const PAGE = 100;
const STEP = 1000;
const PER_COMMIT = 10;
/** Between two commits, ms. */
const PACE = 20;
/** The same as the admin's route gives a search. */
const WITHIN = 100;

const SEARCHES: readonly (readonly [what: string, filter: MessageFilter])[] = [
  ['newest', {}],
  ['failed', { states: ['failed'] }],
  ['waiting or held', { states: ['queued', 'held'] }],
  ['common subject', { subject: 'scan' }],
  ['subject at the far end', { subject: 'needle' }],
  ['subject that is nowhere', { subject: 'nowhere' }],
  ['sender that is nowhere', { sender: 'nobody@' }],
  ['recipient that is nowhere', { recipient: 'nobody@' }],
  ['device that is nowhere', { device: '10.99.' }],
  ['upstream that is nowhere', { upstream: 'nowhere' }],
  ['everything, nowhere', { subject: 'nowhere', sender: 'no', recipient: 'no', device: 'no' }],
];

/** Fills a store of its own (`database` or SQLite in `directory`) and asks it while mail comes in. */
export async function measureList(options: {
  readonly messages: number;
  readonly directory: string;
  readonly rounds: number;
  readonly database?: string;
}): Promise<ListMeasurement> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const store = await openStore({
    database: options.database ?? 'sqlite:',
    dataDirectory: options.directory,
    log: pino({ level: 'warn' }),
    clock: systemClock,
    node: () => 'bench',
  });
  try {
    const newId = createMessageIds(systemClock, systemRandom);
    for (let from = 0; from < options.messages; from += STEP) await fill(store.queue, newId, from, STEP);
    const stop = new AbortController();
    const mail = keepSending(store.queue, newId, options.messages, stop.signal);
    const answers: { what: string; p50: number; p95: number }[] = [];
    for (const [what, filter] of SEARCHES) {
      const times: number[] = [];
      for (let round = 0; round < options.rounds; round += 1) {
        const begin = performance.now();
        await store.queue.list(filter, PAGE, undefined, WITHIN);
        times.push(performance.now() - begin);
      }
      times.sort((a, b) => a - b);
      const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
      answers.push({ what, p50: at(0.5), p95: at(0.95) });
    }
    stop.abort();
    return { messages: options.messages, engine: store.kind, answers, commits: await mail };
  } finally {
    await store.close();
  }
}

/** Lines for the terminal. */
export function describeList({ messages, engine, answers, commits }: ListMeasurement): readonly string[] {
  return [
    `list: ${messages} messages in ${engine}, ${commits * PER_COMMIT} more meanwhile; p50 and p95 in ms`,
    ...answers.map(
      ({ what, p50, p95 }) =>
        `  ${what.padEnd(28)}${p50.toFixed(1).padStart(8)}${p95.toFixed(1).padStart(8)}`,
    ),
  ];
}

async function keepSending(
  queue: QueueStorage,
  newId: () => string,
  from: number,
  signal: AbortSignal,
): Promise<number> {
  let commits = 0;
  const ended = once(signal, 'abort');
  while (!signal.aborted) {
    await fill(queue, newId, from + commits * PER_COMMIT, PER_COMMIT);
    commits += 1;
    await Promise.race([ended, pause(PACE)]);
  }
  return commits;
}

async function fill(queue: QueueStorage, newId: () => string, from: number, count: number): Promise<void> {
  const accepts = Array.from(
    { length: count },
    (_, index): AcceptOperation => ({
      message: messageOf(newId(), from + index),
      chunks: [Buffer.from('x')],
      firstChunk: 0,
    }),
  );
  await queue.commit({ accepts, settles: [], journal: [] });
}

function stateOf(number: number): MessageState {
  if (number % 100 === 0) return 'failed';
  if (number % 1000 === 1) return 'held';
  return number % 500 === 3 ? 'queued' : 'delivered';
}

function messageOf(id: string, number: number): MessageRecord {
  const state = stateOf(number);
  const now = Date.now();
  const reply = { code: 250, enhanced: '2.0.0', text: '2.0.0 Ok: queued as 4F2A11C0DE' };
  return {
    id,
    kind: 'mail',
    origin: {
      client: 'printers',
      listener: 'default',
      address: `192.0.2.${number % 250}`,
      greeting: `device${number % 250}.example.com`,
    },
    envelope: { sender: `printer${number % 250}@example.com`, eightBit: false, smtpUtf8: false },
    recipients: [
      {
        address: `user${number % 500}@example.net`,
        state: state === 'delivered' ? 'delivered' : 'pending',
        reply,
        upstream: 'office',
        settledAt: now,
      },
    ],
    subject: number === 500 ? 'A needle' : `Scan ${number} from floor ${number % 7}`,
    headerMessageId: `<${number}@example.com>`,
    size: 10_000,
    chunks: 1,
    acceptedAt: now,
    receiving: 5,
    state,
    lane: 'office\tprinters',
    node: 'bench',
    attempts: 1,
    nextAttemptAt: now,
    ...(state === 'delivered' || state === 'failed' ? { finishedAt: now } : {}),
  };
}
