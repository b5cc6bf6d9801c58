import { expect } from 'chai';
import { createGroupCommit } from '../../src/queue/group-commit.ts';
import type { CommitBatch, CommitResult, QueueStorage, SettleOperation } from '../../src/queue/storage.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';
import { messageRecord } from '../support/records.ts';
import { until } from '../support/until.ts';

/** The commits that a store was asked for; each waits until the test answers it. */
function pausedStore() {
  const commits: { batch: CommitBatch; answer: (result: CommitResult | Error) => void }[] = [];
  const commit = (batch: CommitBatch) =>
    new Promise<CommitResult>((resolve, reject) => {
      commits.push({
        batch,
        answer: (result) => (result instanceof Error ? reject(result) : resolve(result)),
      });
    });
  return { commits, storage: { commit } as unknown as QueueStorage };
}

const accept = (id: string, bytes = 10) => ({
  message: messageRecord({ id }),
  chunks: [Buffer.alloc(bytes)],
  firstChunk: 0,
});

const settle = (id: string): SettleOperation => ({
  id,
  node: 'local',
  state: 'delivered',
  recipients: [],
  attempts: 1,
  nextAttemptAt: 0,
  dropBody: true,
  journal: [],
});

function create() {
  const store = pausedStore();
  const clock = new ManualClock();
  return {
    ...store,
    clock,
    group: createGroupCommit({ storage: store.storage, clock, log: recordLog().log }),
  };
}

const full = new RelayError('store-full', 'no space');

describe('group commit', () => {
  it('puts everything that waits while a transaction runs into the next one', async () => {
    const { commits, group } = create();
    const first = group.accept(accept('a'));
    await until(() => commits.length === 1, 'the first commit starts at once');
    const others = [group.accept(accept('b')), group.accept(accept('c')), group.settle(settle('d'), [])];
    commits[0]?.answer({ lost: [] });
    await first;
    await until(() => commits.length === 2, 'the second commit');
    expect(commits[1]?.batch.accepts.map(({ message }) => message.id)).to.deep.equal(['b', 'c']);
    expect(commits[1]?.batch.settles.map(({ id }) => id)).to.deep.equal(['d']);
    commits[1]?.answer({ lost: [] });
    expect(await Promise.all(others)).to.deep.equal([undefined, undefined, true]);
  });

  it('answers nobody before the transaction is through', async () => {
    const { commits, group } = create();
    let answered = false;
    const accepting = group.accept(accept('a')).then(() => {
      answered = true;
    });
    await until(() => commits.length === 1, 'the commit');
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).to.equal(false);
    commits[0]?.answer({ lost: [] });
    await accepting;
  });

  it('says which settles came too late', async () => {
    const { commits, group } = create();
    const settles = [group.settle(settle('mine'), []), group.settle(settle('taken'), [])];
    await until(() => commits.length === 1, 'the commit');
    commits[0]?.answer({ lost: ['taken'] });
    expect(await Promise.all(settles)).to.deep.equal([true, false]);
  });

  it('refuses accepts when the store is full, and goes on trying what was delivered', async () => {
    const { commits, group, clock } = create();
    const accepting = group.accept(accept('new')).catch((error: unknown) => error);
    const settling = group.settle(settle('done'), []);
    await until(() => commits.length === 1, 'both in one');
    commits[0]?.answer(full);
    expect(await accepting).to.equal(full);
    await until(() => commits.length === 2, 'the settle alone');
    expect(commits[1]?.batch.accepts).to.deep.equal([]);
    commits[1]?.answer(full);
    await until(() => clock.pending === 1, 'a pause');
    clock.advance(1000);
    await until(() => commits.length === 3, 'the settle again');
    commits[2]?.answer({ lost: [] });
    expect(await settling).to.equal(true);
  });

  it('does not let one bad message fail the others', async () => {
    const { commits, group } = create();
    const results = ['good', 'bad', 'fine'].map((id) =>
      group.accept(accept(id)).catch((error: unknown) => error),
    );
    await until(() => commits.length === 1, 'the commit of all');
    commits[0]?.answer(new Error('constraint'));
    for (const [index, id] of ['good', 'bad', 'fine'].entries()) {
      await until(() => commits.length === index + 2, `the commit of ${id} alone`);
      commits[index + 1]?.answer(id === 'bad' ? new Error('constraint') : { lost: [] });
    }
    const [good, bad, fine] = await Promise.all(results);
    expect([good, fine]).to.deep.equal([undefined, undefined]);
    expect(bad).to.be.an('error');
  });

  it('keeps a report with the settle that it is about', async () => {
    const { commits, group } = create();
    const settling = group.settle(settle('failed'), [accept('report')]);
    await until(() => commits.length === 1, 'the commit');
    expect(commits[0]?.batch.accepts.map(({ message }) => message.id)).to.deep.equal(['report']);
    commits[0]?.answer(new RelayError('store-unavailable', 'gone'));
    await until(() => commits.length === 2, 'the same again');
    expect(commits[1]?.batch.accepts.map(({ message }) => message.id)).to.deep.equal(['report']);
    expect(commits[1]?.batch.settles.map(({ id }) => id)).to.deep.equal(['failed']);
    commits[1]?.answer({ lost: [] });
    expect(await settling).to.equal(true);
  });

  it('bounds a transaction by bytes', async () => {
    const { commits, group } = create();
    const big = Array.from({ length: 5 }, (_, index) => group.accept(accept(`big${index}`, 8 * 1024 * 1024)));
    const seen: number[] = [];
    for (let index = 0; seen.reduce((sum, count) => sum + count, 0) < 5; index += 1) {
      await until(() => commits.length === index + 1, `commit ${index}`);
      seen.push(commits[index]?.batch.accepts.length ?? 0);
      commits[index]?.answer({ lost: [] });
    }
    await Promise.all(big);
    expect(Math.max(...seen)).to.be.at.most(2);
  });

  it('is drained when everything is written', async () => {
    const { commits, group } = create();
    await group.drain();
    group.note({ message: 'a', at: 1, node: 'local', event: { type: 'held', by: 'me' } });
    let drained = false;
    const draining = group.drain().then(() => {
      drained = true;
    });
    await until(() => commits.length === 1, 'the note');
    expect(drained).to.equal(false);
    commits[0]?.answer({ lost: [] });
    await draining;
  });
});
