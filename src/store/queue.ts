import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { QueueStorage } from '../queue/storage.ts';
import type { Clock } from '../shared/clock.ts';
import type { Engine } from './engine.ts';
import { createQueueChanging } from './queue-changing.ts';
import { createQueueCleaning } from './queue-cleaning.ts';
import { createQueueListing } from './queue-listing.ts';
import { createQueueNodes } from './queue-nodes.ts';
import { createQueueReading } from './queue-reading.ts';
import { createSequence } from './sequence.ts';
import { TOTALS_SHARDS } from './totals.ts';

const HOUR = 3_600_000;

/** Usage older than this is of no interest any more; it is counted over 24 hours. */
const USAGE_KEPT = 48 * HOUR;

interface QueueOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Id of the node that runs this code, as it is now; empty for a tool beside it. */
  readonly node: () => string;
}

/** The queue's storage on either engine; each part of it is a file of its own beside this one. */
export function createQueueStorage({ engine, clock, node }: QueueOptions): QueueStorage {
  const nextSequence = createSequence(clock);
  const shard = randomInt(TOTALS_SHARDS);
  let cleanedUsage = 0;
  return {
    ...createQueueReading(engine),
    ...createQueueListing(engine, clock),
    ...createQueueNodes(engine, clock, nextSequence),
    ...createQueueChanging({ engine, node, shard, nextSequence }),
    ...createQueueCleaning(engine, shard),

    async commit(batch) {
      const { accepts, settles, journal } = batch;
      if (accepts.length + settles.length + journal.length === 0) return { lost: [] };
      return engine.commit({ batch, shard, nextSequence });
    },

    async writeChunk(id, number, data) {
      await engine.writeChunk(id, number, data);
    },

    async addUsage(upstream, at, recipients) {
      const hour = Math.floor(at / HOUR) * HOUR;
      await engine.db
        .insertInto('usage')
        .values({ upstream, hour, recipients })
        .onConflict((conflict) =>
          conflict
            .columns(['upstream', 'hour'])
            .doUpdateSet({ recipients: sql`${sql.ref('usage.recipients')} + excluded.recipients` }),
        )
        .execute();
      if (hour <= cleanedUsage) return;
      cleanedUsage = hour;
      await engine.db
        .deleteFrom('usage')
        .where('hour', '<', hour - USAGE_KEPT)
        .execute();
    },

    onWake: (callback) => engine.onWake(callback),
  };
}
