/** Messages for the tests of the store. Ids come from the real generator, since the store relies on their order in time. */
import { expect } from 'chai';
import type { JournalEntry, MessageRecord } from '../../src/queue/message.ts';
import type { AcceptOperation, CommitBatch } from '../../src/queue/storage.ts';
import { type ErrorCode, RelayError } from '../../src/shared/errors.ts';
import { createMessageIds } from '../../src/shared/ids.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { messageRecord } from '../support/records.ts';

/** The time of the tests. */
export const START = Date.UTC(2026, 10, 2, 8, 0, 0);

/** As long before START as any test goes back, for an id is never younger than what is said about its message. */
const FIRST_ID = START - 100_000;

const nextId = createMessageIds(new ManualClock(FIRST_ID), systemRandom);

export function message(changes: Partial<MessageRecord> = {}): MessageRecord {
  return messageRecord({ id: nextId(), ...changes });
}

export function accept(record: MessageRecord): AcceptOperation {
  return { message: record, chunks: [Buffer.from(`body of ${record.id}`)], firstChunk: 0 };
}

export function accepting(...records: readonly MessageRecord[]): CommitBatch {
  return { accepts: records.map(accept), settles: [], journal: [] };
}

/** Settles given as the message as it is to be. */
export function settling(
  ...records: readonly (MessageRecord & { dropBody?: boolean; journal?: readonly JournalEntry[] })[]
): CommitBatch {
  return {
    accepts: [],
    settles: records.map((record) => ({
      id: record.id,
      node: record.node,
      state: record.state,
      recipients: record.recipients,
      attempts: record.attempts,
      nextAttemptAt: record.nextAttemptAt,
      ...(record.finishedAt === undefined ? {} : { finishedAt: record.finishedAt }),
      dropBody: record.dropBody ?? false,
      journal: record.journal ?? [],
    })),
    journal: [],
  };
}

/** Expects the promise to fail with a RelayError of this code; returns it. */
export async function expectCode(promise: Promise<unknown>, code: ErrorCode): Promise<RelayError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(RelayError);
  if (!(error instanceof RelayError)) throw new Error('not a RelayError');
  expect(error.code).to.equal(code);
  return error;
}
