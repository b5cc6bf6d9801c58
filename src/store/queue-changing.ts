import { sql, type Transaction } from 'kysely';
import type { QueueStorage, StateChange } from '../queue/storage.ts';
import type { Engine } from './engine.ts';
import type { Schema } from './schema.ts';
import { createTotalsChange } from './totals.ts';

type Changing = Pick<QueueStorage, 'changeState'>;
type Changed = { id: string; node: string; lane: string };

/** Messages that one transaction changes, so that a verb on a hundred thousand does not stop the others. */
const STEP = 1_000;

interface Options {
  readonly engine: Engine;
  /** The node that runs this code, for the journal. */
  readonly node: () => string;
  readonly shard: number;
  readonly nextSequence: () => number;
}

/**
 * Operators' verbs. Messages change in steps, each a transaction of its own with its journal rows; what is not in one of
 * the states `from` is left alone, and so is a message that is to be queued again but whose body is gone.
 */
export function createQueueChanging(options: Options): Changing {
  return {
    async changeState(change) {
      const changed: Changed[] = [];
      for (let from = 0; from < change.ids.length; from += STEP) {
        const ids = change.ids.slice(from, from + STEP);
        const step = await options.engine.db
          .transaction()
          .execute((transaction) => changeStep(options, transaction, ids, change));
        changed.push(...step);
      }
      return changed;
    },
  };
}

async function changeStep(
  { engine, node, shard, nextSequence }: Options,
  transaction: Transaction<Schema>,
  ids: readonly string[],
  change: StateChange,
): Promise<readonly Changed[]> {
  const found = await transaction
    .selectFrom('messages')
    .select(['id', 'node', 'lane', 'state', 'size', 'chunks'])
    .where('id', 'in', engine.idList(ids))
    .where('state', 'in', change.from)
    .$if(change.to === 'queued', (query) => query.where('chunks', '>', 0))
    .orderBy('id')
    .$if(engine.locksRows, (query) => query.forUpdate())
    .execute();
  if (found.length === 0) return [];
  const list = engine.idList(found.map((message) => message.id));
  await transaction
    .updateTable('messages')
    .set({
      state: change.to,
      finished_at: change.finishedAt ?? null,
      ...(change.upstream === undefined ? {} : { upstream: change.upstream }),
      ...(change.node === undefined ? {} : { node: change.node }),
      ...(change.nextAttemptAt === undefined ? {} : { next_attempt_at: change.nextAttemptAt }),
      ...(change.dropBody === true ? { chunks: 0 } : {}),
      ...(change.to === 'queued' ? { recipients: reopenedRecipients } : {}),
    })
    .where('id', 'in', list)
    .execute();
  if (change.dropBody === true) await transaction.deleteFrom('chunks').where('message', 'in', list).execute();
  const event = JSON.stringify(change.event);
  await transaction
    .insertInto('journal')
    .columns(['message', 'sequence', 'node', 'at', 'event'])
    .expression((builder) =>
      builder
        .selectFrom('messages')
        .select(({ val, cast }) => [
          'id',
          cast<number>(val(nextSequence()), 'bigint').as('sequence'),
          cast<string>(val(node()), 'text').as('node'),
          cast<number>(val(change.at), 'bigint').as('at'),
          cast<string>(val(event), 'text').as('event'),
        ])
        .where('id', 'in', list),
    )
    .execute();
  const totals = createTotalsChange();
  const changed = found.map((message) => {
    totals.remove(message);
    totals.add({ ...message, state: change.to, chunks: change.dropBody === true ? 0 : message.chunks });
    return { id: message.id, node: change.node ?? message.node, lane: message.lane };
  });
  const others = changed.filter((message) => message.node !== node());
  // Their nodes may have them in memory, and would send what was held or deleted.
  if (others.length > 0) await engine.wake(transaction, others);
  await totals.write(transaction, shard);
  return changed;
}

/**
 * A held message waits again for those who were held, a failed one for those who failed. Replacing text is safe: inside
 * a JSON string every quotation mark has a backslash before it, so the pattern can only be the field itself.
 */
const reopenedRecipients = sql<string>`case state
  when 'held' then replace(recipients, '"state":"held"', '"state":"pending"')
  when 'failed' then replace(recipients, '"state":"failed"', '"state":"pending"')
  else recipients end`;
