import { expect } from 'chai';
import { createGroupCommit } from '../../src/queue/group-commit.ts';
import type { MessageRecord } from '../../src/queue/message.ts';
import type {
  CommitBatch,
  CommitResult,
  MessageFilter,
  QueueStorage,
  SettleOperation,
} from '../../src/queue/storage.ts';
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
  /** What is in the store whatever it answered. */
  const kept: MessageRecord[] = [];
  const list = async ({ ids }: MessageFilter) => ({
    messages: kept.filter(({ id }) => ids?.includes(id) ?? false),
  });
  return { commits, kept, storage: { commit, list } as unknown as QueueStorage };
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

  const gone = new RelayError('store-unavailable', 'no answer');

  it('answers as kept what the store has, though it failed to say so, and only that', async () => {
    const { commits, group, kept } = create();
    const [has, lacks] = [accept('has'), accept('lacks')];
    const accepting = [group.accept(has), group.accept(lacks)].map((each) =>
      each.catch((error: unknown) => error),
    );
    await until(() => commits.length === 1, 'the commit');
    kept.push(has.message);
    commits[0]?.answer(gone);
    expect(await Promise.all(accepting)).to.deep.equal([undefined, gone]);
  });

  it('does not write a report twice that was kept, and holds nobody up with it', async () => {
    const { commits, group, kept, clock } = create();
    const report = accept('report');
    const settling = group.settle(settle('failed'), [report]);
    await until(() => commits.length === 1, 'the commit');
    commits[0]?.answer(gone);
    await until(() => commits.length === 2, 'the settle at once again');
    commits[1]?.answer(gone);
    await until(() => clock.pending === 1, 'a pause');
    kept.push(report.message);
    clock.advance(1000);
    const accepting = group.accept(accept('new'));
    await until(() => commits.length === 3, 'both together');
    commits[2]?.answer(new RelayError('internal', 'the id is there already'));
    await until(() => commits.length === 4, 'the new one alone');
    expect(commits[3]?.batch.accepts.map(({ message }) => message.id)).to.deep.equal(['new']);
    commits[3]?.answer({ lost: [] });
    await accepting;
    await until(() => commits.length === 5, 'the settle without its report');
    expect(commits[4]?.batch.accepts).to.deep.equal([]);
    commits[4]?.answer({ lost: [] });
    expect(await settling).to.equal(true);
  });

  it('tries once more at the end what waits for its next try, and is drained only then', async () => {
    const { commits, group, clock } = create();
    const settling = group.settle(settle('done'), []);
    for (const index of [0, 1]) {
      await until(() => commits.length === index + 1, 'a try');
      commits[index]?.answer(full);
    }
    await until(() => clock.pending === 1, 'a pause');
    group.close();
    let drained = false;
    const draining = group.drain().then(() => {
      drained = true;
    });
    await until(() => commits.length === 3, 'the last try');
    expect(drained).to.equal(false);
    commits[2]?.answer({ lost: [] });
    expect(await settling).to.equal(true);
    await draining;
  });

  it('keeps what the journal is told until the store works again', async () => {
    const { commits, group, clock } = create();
    const note = { message: 'a', at: 1, node: 'local', event: { type: 'held', by: 'me' } } as const;
    group.note(note);
    await until(() => commits.length === 1, 'the note');
    commits[0]?.answer(full);
    await until(() => clock.pending === 1, 'a pause');
    clock.advance(1000);
    await until(() => commits.length === 2, 'the note again');
    expect(commits[1]?.batch.journal).to.deep.equal([note]);
    commits[1]?.answer({ lost: [] });
    await group.drain();
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
