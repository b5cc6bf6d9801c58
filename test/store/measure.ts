/**
 * Measures the store by itself; no test. `node test/store/measure.ts [SQLITE-PRAGMAS | postgres://…]…`, each a variant.
 * One commit holds 20 accepts of 10 KB and 20 settles, as at 20 senders; a large message is 25 MB in chunks.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import type { MessageRecord } from '../../src/queue/message.ts';
import type { QueueStorage, SettleOperation } from '../../src/queue/storage.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openPostgres } from '../../src/store/postgres/open-postgres.ts';
import { createQueueStorage } from '../../src/store/queue.ts';
import { openSqlite, PRAGMAS } from '../../src/store/sqlite/open-sqlite.ts';
import { message } from './samples.ts';

const PER_COMMIT = 20;
const COMMITS = 500;
const BACKLOG = 100_000;
const BODY = Buffer.alloc(10_240, 'x');
const CHUNK = Buffer.alloc(256 * 1024, 'y');

const log = pino({ level: 'warn' });

function delivered(record: MessageRecord): SettleOperation {
  const reply = { code: 250, enhanced: '2.0.0', text: '2.0.0 Ok: queued as 4F2A11C0DE' };
  const recipients = record.recipients.map((each) => ({
    ...each,
    state: 'delivered' as const,
    reply,
    upstream: 'office',
  }));
  return {
    id: record.id,
    node: record.node,
    state: 'delivered',
    recipients,
    attempts: 1,
    nextAttemptAt: record.nextAttemptAt,
    finishedAt: record.acceptedAt + 20,
    dropBody: true,
    journal: [
      {
        message: record.id,
        at: record.acceptedAt,
        node: record.node,
        event: {
          type: 'attempt',
          upstream: 'office',
          attempt: 1,
          recipients: recipients.map(({ address }) => ({ address, result: 'delivered', reply })),
          delays: [3, 1, 0, 4],
        },
      },
    ],
  };
}

function batchOf(
  count: number,
  body: Buffer,
): { records: MessageRecord[]; batch: Parameters<QueueStorage['commit']>[0] } {
  const records = Array.from({ length: count }, () => message({ size: body.length }));
  const accepts = records.map((record) => ({ message: record, chunks: [body], firstChunk: 0 }));
  return { records, batch: { accepts, settles: [], journal: [] } };
}

async function measureCommits(queue: QueueStorage, commits: number): Promise<string> {
  const times: number[] = [];
  let previous: readonly MessageRecord[] = [];
  const [cpu, main, loop] = [
    process.cpuUsage(),
    process.threadCpuUsage(),
    performance.eventLoopUtilization(),
  ];
  const start = performance.now();
  for (let count = 0; count < commits; count += 1) {
    const { records, batch } = batchOf(PER_COMMIT, BODY);
    const begin = performance.now();
    await queue.commit({ ...batch, settles: previous.map(delivered) });
    times.push(performance.now() - begin);
    previous = records;
  }
  const messages = commits * PER_COMMIT;
  const rate = (messages / (performance.now() - start)) * 1000;
  const all = process.cpuUsage(cpu);
  const own = process.threadCpuUsage(main);
  const used = (performance.eventLoopUtilization(loop).utilization * 100).toFixed(0);
  times.sort((a, b) => a - b);
  const at = (part: number) => (times[Math.floor(times.length * part)] ?? 0).toFixed(1);
  return `${rate.toFixed(0)} messages/s, commit p50 ${at(0.5)} p99 ${at(0.99)} ms, CPU a message: main thread ${(
    (own.user + own.system) / messages
  ).toFixed(0)} µs, all ${((all.user + all.system) / messages).toFixed(0)} µs, event loop ${used} % busy`;
}

async function timed(what: string, work: () => Promise<unknown>): Promise<string> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return `${what} ${(performance.now() - start).toFixed(0)} ms (CPU ${((user + system) / 1000).toFixed(0)} ms)`;
}

async function large(queue: QueueStorage): Promise<void> {
  const record = message({ chunks: 100, size: CHUNK.length * 100 });
  for (let number = 0; number < 99; number += 1) await queue.writeChunk(record.id, number, CHUNK);
  await queue.commit({
    accepts: [{ message: record, chunks: [CHUNK], firstChunk: 99 }],
    settles: [],
    journal: [],
  });
}

async function backlog(queue: QueueStorage): Promise<void> {
  const body = Buffer.from('small');
  for (let count = 0; count < BACKLOG; count += 1000) await queue.commit(batchOf(1000, body).batch);
}

const variants = process.argv.length > 2 ? process.argv.slice(2) : [PRAGMAS];
for (const variant of variants) {
  const directory = await mkdtemp(
    join(process.env['MEASURE_DIRECTORY'] ?? process.cwd(), 'postern-measure-'),
  );
  const engine = variant.startsWith('postgres')
    ? await openPostgres({ database: variant, log, clock: systemClock })
    : await openSqlite({
        database: 'sqlite:',
        dataDirectory: directory,
        log,
        clock: systemClock,
        pragmas: variant,
      });
  try {
    await migrate(engine);
    const queue = createQueueStorage({ engine, clock: systemClock, node: () => 'local' });
    console.log(variant.replaceAll(/\s+/g, ' '));
    await measureCommits(queue, 50);
    console.log(`  ${await measureCommits(queue, COMMITS)}`);
    console.log(`  ${await timed('25 MB', () => large(queue))}, ${await timed('again', () => large(queue))}`);
    if (process.env['MEASURE_BACKLOG'] === undefined) continue;
    console.log(`  ${await timed(`${BACKLOG} accepts`, () => backlog(queue))}`);
    console.log(`  at that backlog: ${await measureCommits(queue, COMMITS)}`);
    for (const [what, work] of [
      ['lanes', () => queue.lanes('local')],
      ['due', () => queue.due('local', 'office\tthis machine', Number.MAX_SAFE_INTEGER, 1000)],
      ['aged, none', () => queue.aged('local', 0, true, 100)],
      ['counts', () => queue.counts()],
      ['page of 50', () => queue.list({}, 50)],
      ['page of 50 queued', () => queue.list({ states: ['queued'] }, 50)],
      ['page of 50 delivered', () => queue.list({ states: ['delivered'] }, 50)],
      ['search that finds nothing', () => queue.list({ subject: 'nowhere', recipient: 'nobody' }, 50)],
      ['take over 1,000', () => queue.takeOver('other', 1000)],
    ] as const) {
      console.log(`  ${await timed(what, work)}`);
    }
  } finally {
    await engine.close();
    await rm(directory, { recursive: true });
  }
}
