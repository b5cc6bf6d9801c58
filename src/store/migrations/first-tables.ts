import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import type { Schema } from '../schema.ts';

/** Messages with their bodies and journal, what is counted, nodes, settings, refused clients. */
export async function createFirstTables(db: Kysely<Schema>, engine: Engine): Promise<void> {
  // One tree for each table instead of a table and an index beside it: half the pages that a message touches.
  const clustered = engine.kind === 'sqlite' ? sql`without rowid` : sql``;
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('client', 'text', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('envelope', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('header_message_id', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('chunks', 'integer', (column) => column.notNull())
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('receiving', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('lane', 'text', (column) => column.notNull())
    .addColumn('upstream', 'text')
    .addColumn('node', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('warned_at', 'bigint')
    .addColumn('finished_at', 'bigint')
    .addColumn('recipients', 'text', (column) => column.notNull())
    .modifyEnd(clustered)
    .execute();
  // Partial, so that a finished message costs no index. The last two columns let `aged` decide without the rows.
  await sql`create index messages_queued on messages (node, lane, next_attempt_at, accepted_at, warned_at)
    where state = 'queued'`.execute(db);
  await sql`create index messages_held on messages (accepted_at) where state = 'held'`.execute(db);
  await sql`create index messages_kept on messages (finished_at) where finished_at is not null and chunks > 0`.execute(
    db,
  );
  // Not clustered: to find its place in such a tree SQLite reads the whole rows that it compares with, bodies and all.
  await db.schema
    .createTable('chunks')
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('data', sql.raw(engine.bytesType), (column) => column.notNull())
    .addPrimaryKeyConstraint('chunks_key', ['message', 'number'])
    .execute();
  // Mail is mostly packed already: trying to compress it costs time for nothing.
  if (engine.kind === 'postgres')
    await sql`alter table chunks alter column data set storage external`.execute(db);
  await db.schema
    .createTable('journal')
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('node', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('journal_key', ['message', 'sequence', 'node'])
    .modifyEnd(clustered)
    .execute();
  await db.schema
    .createTable('totals')
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('totals_key', ['shard', 'state'])
    .execute();
  await db.schema
    .createTable('nodes')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('usage')
    .addColumn('upstream', 'text', (column) => column.notNull())
    .addColumn('hour', 'bigint', (column) => column.notNull())
    .addColumn('recipients', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('usage_key', ['upstream', 'hour'])
    .execute();
  await db.schema
    .createTable('settings')
    .addColumn('revision', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('summary', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('denied')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('greeting', 'text', (column) => column.notNull())
    .addColumn('recipient', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('first_seen', 'bigint', (column) => column.notNull())
    .addColumn('last_seen', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('denied_key', ['address', 'sender'])
    .execute();
}
