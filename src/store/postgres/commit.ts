import type pg from 'pg';
import type { AcceptOperation, SettleOperation } from '../../queue/storage.ts';
import type { CommitWork } from '../engine.ts';
import { MESSAGE_COLUMNS, messageRow } from '../rows.ts';
import type { JournalTable } from '../schema.ts';

/** Chunks that one statement inserts; a batch is cut into these, so that there are only three texts to prepare. */
const CHUNK_GROUPS = [16, 4, 1] as const;

const MESSAGE_TYPES = `id text, kind text, client text, sender text, origin text, envelope text, recipients text,
  subject text, header_message_id text, size bigint, chunks integer, accepted_at bigint, receiving bigint, state text,
  lane text, upstream text, node text, attempts integer, next_attempt_at bigint, warned_at bigint, finished_at bigint`;

/** Rows travel as one JSON parameter: one text to prepare whatever their number, and one call to make it. */
const ACCEPT = {
  name: 'postern-accept',
  text: `insert into messages (${MESSAGE_COLUMNS.join(', ')})
    select ${MESSAGE_COLUMNS.join(', ')} from json_to_recordset($1::json) as r (${MESSAGE_TYPES})`,
};

const SETTLE = {
  name: 'postern-settle',
  text: `update messages m set
      state = case when m.state = 'held' and r.state = 'queued' then 'held' else r.state end, recipients = r.recipients, attempts = r.attempts,
      next_attempt_at = r.next_attempt_at, warned_at = coalesce(r.warned_at, m.warned_at), finished_at = r.finished_at,
      chunks = case when r.drop then 0 else m.chunks end
    from json_to_recordset($1::json) as r (id text, node text, state text, recipients text, attempts integer,
      next_attempt_at bigint, warned_at bigint, finished_at bigint, drop boolean)
    where m.id = r.id and m.node = r.node and (r.state <> 'queued' or (m.chunks > 0 and m.state in ('queued', 'held')))
    returning m.id`,
};

const DROP = {
  name: 'postern-drop',
  text: `delete from chunks where message in (select id from messages where id = any($1::text[]) and chunks = 0)`,
};

const JOURNAL = {
  name: 'postern-journal',
  text: `insert into journal (message, sequence, node, at, event)
    select message, sequence, node, at, event from json_to_recordset($1::json)
      as r (message text, sequence bigint, node text, at bigint, event text)
    on conflict do nothing`,
};

/** Rows are locked in the order of their ids, so that two transactions never wait for each other. */
const TOTALS = {
  name: 'postern-totals',
  text: `insert into totals (shard, state, count, bytes)
    select $1::integer, state, $2::integer * count(*), $2::integer * sum(case when chunks > 0 then size else 0 end)
    from (select state, size, chunks from messages where id = any($3::text[]) order by id for update) as counted
    group by state order by state
    on conflict (shard, state) do update
    set count = totals.count + excluded.count, bytes = totals.bytes + excluded.bytes`,
};

/**
 * Writes a batch inside the transaction that is open on `client`; resolves with the ids of settles that found no message
 * of theirs. All statements are sent at once, since none needs the answer of another: when one fails, the server refuses
 * those behind it.
 */
export async function writeCommit(
  client: pg.PoolClient,
  { batch, shard, nextSequence }: CommitWork,
): Promise<readonly string[]> {
  const { accepts, settles } = batch;
  const changed = settles.map((settle) => settle.id);
  const counted = [...accepts.map((accept) => accept.message.id), ...changed];
  const dropped = settles.filter((settle) => settle.dropBody).map((settle) => settle.id);
  const journal: JournalTable[] = [...settles.flatMap((settle) => settle.journal), ...batch.journal].map(
    (entry) => ({
      message: entry.message,
      sequence: nextSequence(),
      node: entry.node,
      at: entry.at,
      event: JSON.stringify(entry.event),
    }),
  );
  const accepted = accepts.map((accept) => messageRow(accept.message));
  const send = (needed: readonly unknown[], statement: { name: string; text: string }, values: unknown[]) =>
    needed.length === 0 ? undefined : client.query<{ id: string }>({ ...statement, values });
  // The order in which they are sent is the order on the server.
  const before = [
    send(changed, TOTALS, [shard, -1, changed]),
    ...sendChunks(client, accepts.flatMap(chunkRows)),
    send(accepted, ACCEPT, [JSON.stringify(accepted)]),
  ];
  const settled = send(settles, SETTLE, [JSON.stringify(settles.map(settleRow))]);
  const behind = [
    send(dropped, DROP, [dropped]),
    send(journal, JOURNAL, [JSON.stringify(journal)]),
    send(counted, TOTALS, [shard, 1, counted]),
  ];
  await firstFailure([...before, settled, ...behind]);
  const found = new Set((await settled)?.rows.map((row) => row.id));
  return changed.filter((id) => !found.has(id));
}

/** Throws what the first of them failed with: those behind it only say that the transaction had failed already. */
async function firstFailure(work: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const results = await Promise.allSettled(work.filter((each) => each !== undefined));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function settleRow(settle: SettleOperation) {
  return {
    id: settle.id,
    node: settle.node,
    state: settle.state,
    recipients: JSON.stringify(settle.recipients),
    attempts: settle.attempts,
    next_attempt_at: settle.nextAttemptAt,
    warned_at: settle.warnedAt ?? null,
    finished_at: settle.finishedAt ?? null,
    drop: settle.dropBody,
  };
}

interface ChunkRow {
  readonly message: string;
  readonly number: number;
  readonly data: Uint8Array;
}

function chunkRows({ message, chunks, firstChunk }: AcceptOperation): readonly ChunkRow[] {
  return chunks.map((data, index) => ({ message: message.id, number: firstChunk + index, data }));
}

/** Stores pieces outside any transaction. */
export async function insertChunks(
  client: Pick<pg.PoolClient, 'query'>,
  rows: readonly ChunkRow[],
): Promise<void> {
  await firstFailure(sendChunks(client, rows));
}

/** Each body as a parameter of its own, which pg sends as it is. */
function sendChunks(
  client: Pick<pg.PoolClient, 'query'>,
  rows: readonly ChunkRow[],
): readonly Promise<unknown>[] {
  const sent: Promise<unknown>[] = [];
  let from = 0;
  for (const size of CHUNK_GROUPS) {
    for (; rows.length - from >= size; from += size) {
      const values = rows
        .slice(from, from + size)
        .flatMap((row) => [
          row.message,
          row.number,
          Buffer.from(row.data.buffer, row.data.byteOffset, row.data.byteLength),
        ]);
      const places = Array.from(
        { length: size },
        (_, index) => `($${index * 3 + 1}, $${index * 3 + 2}, $${index * 3 + 3})`,
      );
      const text = `insert into chunks (message, number, data) values ${places.join(', ')}`;
      sent.push(client.query({ name: `postern-chunks-${size}`, text, values }));
    }
  }
  return sent;
}
