import { expect } from 'chai';
import { createLease } from '../../src/queue/lease.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';
import { until } from '../support/until.ts';

/** A database that the test decides about. */
function create(clock = new ManualClock()) {
  const said: string[] = [];
  const database = {
    renews: true,
    broken: false,
    renewals: 0,
    joined: [] as string[],
    /** Lets a takeover go on; absent when it is answered at once. */
    taking: undefined as PromiseWithResolvers<void> | undefined,
  };
  let ids = 0;
  const lease = createLease({
    storage: {
      joinNode: async ({ id }) => void database.joined.push(id),
      renewLease: async () => {
        database.renewals += 1;
        if (database.broken) throw new Error('no answer');
        return database.renews;
      },
      leaveNode: async () => undefined,
      nodes: async () => [],
      takeOver: async () => {
        await database.taking?.promise;
        return [];
      },
    },
    newId: () => `node ${(ids += 1)}`,
    label: 'here',
    clock,
    log: recordLog().log,
    events: {
      lost: () => void said.push(`lost as ${lease.node()}`),
      gained: () => void said.push('gained'),
    },
  });
  return { lease, clock, database, said };
}

async function renewed(made: ReturnType<typeof create>): Promise<void> {
  const before = made.database.renewals;
  made.clock.advance(4000);
  await until(() => made.database.renewals > before, 'the renewal');
  await until(() => made.clock.pending > 0, 'the next one');
}

describe('the lease of a node', () => {
  it('is held for as long as it is renewed, and a little less than the database says', async () => {
    const made = create();
    await made.lease.start();
    for (let round = 0; round < 5; round += 1) {
      await renewed(made);
      expect(made.lease.isHeld()).to.equal(true);
    }
    made.database.broken = true;
    made.clock.advance(11_999);
    expect(made.lease.isHeld()).to.equal(true);
    made.clock.advance(1);
    expect(made.lease.isHeld()).to.equal(false);
    await made.lease.stop();
  });

  it('is not held after the machine was suspended, though its monotonic clock stood still', async () => {
    let suspended = 0;
    class Suspended extends ManualClock {
      override now(): number {
        return super.now() + suspended;
      }
    }
    const made = create(new Suspended());
    await made.lease.start();
    suspended = 60_000;
    expect(made.lease.isHeld()).to.equal(false);
    await renewed(made);
    await until(() => made.lease.isHeld(), 'a new lease');
    await made.lease.stop();
  });

  it('is renewed while a long takeover is under way', async () => {
    const made = create();
    made.database.taking = Promise.withResolvers();
    await made.lease.start();
    for (let round = 0; round < 10; round += 1) await renewed(made);
    expect(made.lease.isHeld()).to.equal(true);
    made.database.taking.resolve();
    await made.lease.stop();
  });

  it('is replaced by one of another name when it ran out, before anybody is told', async () => {
    const made = create();
    await made.lease.start();
    made.database.renews = false;
    await renewed(made);
    await until(() => made.database.joined.length === 2, 'the new lease');
    expect(made.said).to.deep.equal(['lost as node 2']);
    expect(made.database.joined).to.deep.equal(['node 1', 'node 2']);
    await made.lease.stop();
  });
});
