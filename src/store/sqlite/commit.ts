import {
  DummyDriver,
  Kysely,
  type RawBuilder,
  type SqlBool,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
import type { MessageState } from '../../queue/message.ts';
import type { AcceptOperation } from '../../queue/storage.ts';
import type { CommitWork } from '../engine.ts';
import { MESSAGE_COLUMNS, messageRow } from '../rows.ts';
import type { Schema } from '../schema.ts';
import type { BatchStep, Span, SqlValue } from './protocol.ts';

/** Where a hot statement takes its values from, in the order of its parameters. */
interface Template {
  readonly sql: string;
  readonly fields: readonly string[];
}

type Row = readonly (SqlValue | Span)[];

const compiler = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** A parameter that carries the name of the field whose value goes there. */
function field<T>(name: string): RawBuilder<T> {
  return sql<T>`${name}`;
}

function template(query: { compile(): { sql: string; parameters: readonly unknown[] } }): Template {
  const compiled = query.compile();
  return { sql: compiled.sql, fields: compiled.parameters.map(String) };
}

const templates = {
  accept: template(
    compiler
      .insertInto('messages')
      .columns(MESSAGE_COLUMNS)
      .expression(sql`values (${sql.join(MESSAGE_COLUMNS.map((name) => field(name)))})`),
  ),
  chunk: template(
    compiler
      .insertInto('chunks')
      .values({ message: field('message'), number: field('number'), data: field('data') }),
  ),
  settle: template(
    compiler
      .updateTable('messages')
      .set({
        // What a person has held meanwhile stays held; who has been reached is recorded all the same.
        state: sql<MessageState>`case when state = 'held' and ${field('state')} = 'queued' then 'held' else ${field('state')} end`,
        recipients: field('recipients'),
        attempts: field('attempts'),
        next_attempt_at: field('next_attempt_at'),
        warned_at: sql`coalesce(${field('warned_at')}, warned_at)`,
        finished_at: field('finished_at'),
        chunks: sql`case when ${field('drop')} = 1 then 0 else chunks end`,
      })
      .where('id', '=', field<string>('id'))
      .where('node', '=', field<string>('node'))
      // What is finished, or was deleted meanwhile and has no body, must not come back to be tried for ever.
      .where((where) =>
        where.or([
          where(field<string>('state'), '<>', sql.lit('queued')),
          where.and([where('chunks', '>', sql.lit(0)), sql<SqlBool>`state in ('queued', 'held')`]),
        ]),
      ),
  ),
  // Only what the settle above has marked as gone: a message that another node owns keeps its body.
  drop: template(
    compiler
      .deleteFrom('chunks')
      .where('message', '=', (where) =>
        where
          .selectFrom('messages')
          .select('id')
          .where('id', '=', field<string>('id'))
          .where('chunks', '=', sql.lit(0)),
      ),
  ),
  journal: template(
    compiler
      .insertInto('journal')
      .values({
        message: field('message'),
        sequence: field('sequence'),
        node: field('node'),
        at: field('at'),
        event: field('event'),
      })
      .onConflict((conflict) => conflict.doNothing()),
  ),
  totals: template({
    compile: () =>
      sql`insert into totals (shard, state, count, bytes)
      select ${field('shard')}, state, ${field('sign')} * count(*),
        ${field('sign')} * sum(case when chunks > 0 then size else 0 end)
      from messages where id in (select value from json_each(${field('ids')})) group by state
      on conflict (shard, state) do update
      set count = totals.count + excluded.count, bytes = totals.bytes + excluded.bytes`.compile(compiler),
  }),
};

type Name = keyof typeof templates;

const names = ['accept', 'chunk', 'settle', 'drop', 'journal', 'totals'] as const satisfies readonly Name[];

/** The statements that a batch refers to by number; compiled once, when this module is loaded. */
export const hotStatements: readonly string[] = names.map((name) => templates[name].sql);

/** A batch as the worker takes it: rows by statement, and all bodies in one buffer that is handed over. */
export interface EncodedBatch {
  readonly steps: readonly BatchStep[];
  readonly bytes: ArrayBuffer;
}

/** Lays a commit out: accepts, settles, journal, in this order, with the totals of what they change around them. */
export function encodeCommit({ batch, shard, nextSequence }: CommitWork): EncodedBatch {
  const { accepts, settles } = batch;
  const changed = settles.map((settle) => settle.id);
  const { rows: chunkRows, bytes } = packChunks(accepts);
  const journal = [...settles.flatMap((settle) => settle.journal), ...batch.journal];
  const steps = [
    step('totals', changed.length === 0 ? [] : [{ shard, sign: -1, ids: JSON.stringify(changed) }]),
    { statement: names.indexOf('chunk'), rows: chunkRows },
    step(
      'accept',
      accepts.map((accept) => messageRow(accept.message)),
    ),
    {
      ...step(
        'settle',
        settles.map((settle) => ({
          state: settle.state,
          recipients: JSON.stringify(settle.recipients),
          attempts: settle.attempts,
          next_attempt_at: settle.nextAttemptAt,
          warned_at: settle.warnedAt ?? null,
          finished_at: settle.finishedAt ?? null,
          drop: settle.dropBody ? 1 : 0,
          id: settle.id,
          node: settle.node,
        })),
      ),
      reportMisses: true,
    },
    step(
      'drop',
      settles.filter((settle) => settle.dropBody).map((settle) => ({ id: settle.id })),
    ),
    step(
      'journal',
      journal.map((entry) => ({
        message: entry.message,
        sequence: nextSequence(),
        node: entry.node,
        at: entry.at,
        event: JSON.stringify(entry.event),
      })),
    ),
    step('totals', [
      { shard, sign: 1, ids: JSON.stringify([...accepts.map((accept) => accept.message.id), ...changed]) },
    ]),
  ];
  return { steps, bytes };
}

/** One piece of a body that is not committed yet; `data` must not be used any more. */
export function encodeChunk(message: string, number: number, data: Uint8Array): EncodedBatch {
  const bytes = ownBuffer(data);
  const rows = [chunkRow(message, number, { offset: 0, length: data.byteLength })];
  return { steps: [{ statement: names.indexOf('chunk'), rows }], bytes };
}

/** The memory of a piece where it has it for itself, else a copy. */
function ownBuffer(data: Uint8Array): ArrayBuffer {
  const { buffer } = data;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength) return buffer;
  const bytes = new ArrayBuffer(data.byteLength);
  new Uint8Array(bytes).set(data);
  return bytes;
}

function packChunks(accepts: readonly AcceptOperation[]): { rows: readonly Row[]; bytes: ArrayBuffer } {
  let size = 0;
  for (const accept of accepts) for (const chunk of accept.chunks) size += chunk.byteLength;
  // The queue goes on using its own buffers, so they cannot be handed over; one copy into one buffer can.
  const bytes = new ArrayBuffer(size);
  const target = new Uint8Array(bytes);
  const rows: Row[] = [];
  let offset = 0;
  for (const { message, chunks, firstChunk } of accepts) {
    for (const [index, chunk] of chunks.entries()) {
      target.set(chunk, offset);
      rows.push(chunkRow(message.id, firstChunk + index, { offset, length: chunk.byteLength }));
      offset += chunk.byteLength;
    }
  }
  return { rows, bytes };
}

/** In the order of the template's columns. */
function chunkRow(message: string, number: number, data: Span): Row {
  return [message, number, data];
}

function step(name: Name, values: readonly object[]): BatchStep {
  const { fields } = templates[name];
  return {
    statement: names.indexOf(name),
    rows: values.map((value) => {
      const record: Readonly<Record<string, SqlValue>> = { ...value };
      return fields.map((key) => record[key] ?? null);
    }),
  };
}
