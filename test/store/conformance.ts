/** What both engines have to do alike; run on each by conformance-*.test.ts. */
import { expect } from 'chai';
import type { MessageRecord } from '../../src/queue/message.ts';
import { firstMessageIdAt } from '../../src/shared/ids.ts';
import type { Store } from '../../src/store/open-store.ts';
import { accept, accepting, expectCode, message, START, settling } from './samples.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** Ends what the test has opened, and removes its data. */
  close(): Promise<void>;
}

export function describeConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`store on ${name}`, () => {
    let opened: StoreUnderTest;
    let store: Store;

    beforeEach(async function openFresh() {
      this.timeout(30_000);
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    describe('commit', () => {
      it('gives a message back as it was accepted', async () => {
        const plain = message();
        const full = message({
          kind: 'report',
          origin: { ...plain.origin, user: 'scanner', tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384' },
          envelope: {
            sender: '',
            eightBit: true,
            smtpUtf8: true,
            returnContent: 'HDRS',
            envelopeId: 'a+2Bb',
          },
          recipients: [
            {
              address: '"a \\"b\\" c"@example.com',
              notify: ['FAILURE', 'DELAY'],
              originalRecipient: 'rfc822;x@y',
              state: 'failed',
              reply: { code: 550, enhanced: '5.1.1', text: 'no such user' },
              reason: 'recipient',
              upstream: 'office',
              settledAt: 7,
            },
          ],
          subject: 'Grüße 📠',
          upstream: 'office',
          warnedAt: 5,
          finishedAt: 9,
          state: 'failed',
        });
        await store.queue.commit(accepting(plain, full));
        expect(await store.queue.find(plain.id)).to.deep.equal(plain);
        expect(await store.queue.find(full.id)).to.deep.equal(full);
        expect(await store.queue.find('NONE')).to.equal(undefined);
      });

      it('keeps every byte of a body in its pieces', async () => {
        const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        const first = Buffer.alloc(256 * 1024, 'a');
        const record = message({ chunks: 3, size: first.length + 256 + 1 });
        await store.queue.writeChunk(record.id, 0, Buffer.from(first));
        await store.queue.commit({
          accepts: [{ message: record, chunks: [every, Buffer.from('z')], firstChunk: 1 }],
          settles: [],
          journal: [],
        });
        expect((await store.queue.readChunk(record.id, 0))?.equals(first)).to.equal(true);
        expect((await store.queue.readChunk(record.id, 1))?.equals(every)).to.equal(true);
        expect((await store.queue.readChunk(record.id, 2))?.toString()).to.equal('z');
        expect(await store.queue.readChunk(record.id, 3)).to.equal(undefined);
      });

      it('leaves the buffers that it was given as they are', async () => {
        const pooled = Buffer.from('short, so it shares memory with others');
        const neighbour = Buffer.from('neighbour');
        const record = message({ size: pooled.length });
        await store.queue.writeChunk(record.id, 0, pooled.subarray(0, 5));
        await store.queue.commit({
          accepts: [{ message: record, chunks: [pooled], firstChunk: 1 }],
          settles: [],
          journal: [],
        });
        expect(pooled.toString()).to.equal('short, so it shares memory with others');
        expect(neighbour.toString()).to.equal('neighbour');
        expect((await store.queue.readChunk(record.id, 0))?.toString()).to.equal('short');
      });

      it('takes a large batch whole', async () => {
        const records = Array.from({ length: 137 }, () => message());
        await store.queue.commit(accepting(...records));
        expect((await store.queue.list({}, 200)).messages).to.have.lengthOf(137);
        expect((await store.queue.readChunk(records[136]!.id, 0))?.toString()).to.equal(
          `body of ${records[136]!.id}`,
        );
      });

      it('keeps nothing of a batch in which one part cannot be kept', async () => {
        const known = message();
        await store.queue.commit(accepting(known));
        const fresh = message();
        await expectCode(store.queue.commit(accepting(fresh, known)), 'internal');
        expect(await store.queue.find(fresh.id)).to.equal(undefined);
        expect(await store.queue.readChunk(fresh.id, 0)).to.equal(undefined);
        await store.queue.commit(accepting(fresh));
        expect(await store.queue.find(fresh.id)).to.deep.equal(fresh);
      });

      it('takes characters that a database may refuse, and goes on', async () => {
        const odd = message({
          subject: 'cut \ud83d',
          headerMessageId: '<a\0b@x>',
          origin: {
            client: 'this machine',
            listener: 'default',
            address: '127.0.0.1',
            greeting: 'a\0b\ud800',
          },
        });
        await store.queue.commit(accepting(odd, message()));
        const found = await store.queue.find(odd.id);
        expect(found?.subject).to.equal('cut \ufffd');
        expect(found?.headerMessageId).to.equal('<ab@x>');
      });
    });

    describe('settle', () => {
      it('writes the outcome, the journal and drops the body', async () => {
        const record = message();
        await store.queue.commit(accepting(record));
        const recipients = record.recipients.map((each) => ({
          ...each,
          state: 'delivered' as const,
          settledAt: 12,
        }));
        const event = { type: 'warned', report: 'R', to: 'x@example.com' } as const;
        const result = await store.queue.commit(
          settling({
            ...record,
            recipients,
            state: 'delivered',
            attempts: 2,
            finishedAt: 12,
            dropBody: true,
            journal: [{ message: record.id, at: 12, node: 'local', event }],
          }),
        );
        expect(result.lost).to.deep.equal([]);
        expect(await store.queue.find(record.id)).to.deep.equal({
          ...record,
          recipients,
          state: 'delivered',
          attempts: 2,
          finishedAt: 12,
          chunks: 0,
        });
        expect(await store.queue.readChunk(record.id, 0)).to.equal(undefined);
        expect((await store.queue.journal(record.id)).map((entry) => entry.event)).to.deep.equal([
          { type: 'accepted', reply: `Queued as ${record.id}` },
          event,
        ]);
      });

      it('keeps the body and an earlier warning unless told otherwise', async () => {
        const record = message({ warnedAt: 77 });
        await store.queue.commit(accepting(record));
        await store.queue.commit(settling({ ...record, attempts: 1, nextAttemptAt: START + 9 }));
        const found = await store.queue.find(record.id);
        expect(found).to.include({ warnedAt: 77, attempts: 1, nextAttemptAt: START + 9, chunks: 1 });
        expect(await store.queue.readChunk(record.id, 0)).to.not.equal(undefined);
      });

      it('reports as lost, and leaves alone, what belongs to another node or is gone', async () => {
        const [mine, theirs] = [message(), message({ node: 'other' })];
        await store.queue.commit(accepting(mine, theirs));
        const gone = message();
        const batch = settling(
          { ...mine, state: 'delivered', finishedAt: 1, dropBody: true },
          { ...theirs, node: 'local', state: 'delivered', finishedAt: 1, dropBody: true },
          { ...gone, state: 'delivered', finishedAt: 1, dropBody: true },
        );
        expect((await store.queue.commit(batch)).lost).to.have.members([theirs.id, gone.id]);
        expect(await store.queue.find(theirs.id)).to.deep.equal(theirs);
        expect(await store.queue.readChunk(theirs.id, 0)).to.not.equal(undefined);
        expect((await store.queue.find(mine.id))?.state).to.equal('delivered');
      });

      it('does not bring a message back to the queue that was deleted meanwhile', async () => {
        const record = message();
        await store.queue.commit(accepting(record));
        await store.queue.changeState({
          ids: [record.id],
          from: ['queued'],
          to: 'deleted',
          finishedAt: 5,
          dropBody: true,
          event: { type: 'deleted', by: 'admin' },
          at: 5,
          by: 'admin',
        });
        expect((await store.queue.commit(settling({ ...record, attempts: 1 }))).lost).to.deep.equal([
          record.id,
        ]);
        expect((await store.queue.find(record.id))?.state).to.equal('deleted');
      });

      it('leaves held what a person has held meanwhile, and records who was reached', async () => {
        const [tried, reached] = [message(), message()];
        await store.queue.commit(accepting(tried, reached));
        await store.queue.changeState({
          ids: [tried.id, reached.id],
          from: ['queued'],
          to: 'held',
          event: { type: 'held', by: 'ops' },
          at: START,
          by: 'ops',
        });
        const half = [{ address: 'a@example.net', state: 'delivered' as const }];
        const { lost } = await store.queue.commit(
          settling({ ...tried, attempts: 1, recipients: half }, { ...reached, state: 'delivered' }),
        );
        expect(lost).to.deep.equal([]);
        expect(await store.queue.find(tried.id)).to.include({ state: 'held', attempts: 1 });
        expect((await store.queue.find(tried.id))?.recipients).to.deep.equal(half);
        expect((await store.queue.find(reached.id))?.state).to.equal('delivered');
      });

      it('does not bring a finished message back to the queue', async () => {
        const done = message({ state: 'failed', finishedAt: START });
        await store.queue.commit(accepting(done));
        const { lost } = await store.queue.commit(settling({ ...done, state: 'queued' }));
        expect(lost).to.deep.equal([done.id]);
        expect((await store.queue.find(done.id))?.state).to.equal('failed');
      });

      it('writes a report in the transaction of what it reports on', async () => {
        const record = message();
        await store.queue.commit(accepting(record));
        const report = message({ kind: 'report' });
        await store.queue.commit({
          ...accepting(report),
          settles: settling({ ...record, state: 'failed', finishedAt: 3, dropBody: true }).settles,
        });
        expect((await store.queue.find(report.id))?.kind).to.equal('report');
        expect((await store.queue.find(record.id))?.state).to.equal('failed');
      });
    });

    describe('reading', () => {
      it('finds what is due in a lane, oldest attempt first', async () => {
        const late = message({ nextAttemptAt: START + 50 });
        const early = message({ nextAttemptAt: START + 10 });
        const later = message({ nextAttemptAt: START + 1000 });
        const elsewhere = message({ lane: 'b\tx', nextAttemptAt: START + 5 });
        const foreign = message({ node: 'other', nextAttemptAt: START });
        const held = message({ state: 'held', nextAttemptAt: START });
        await store.queue.commit(accepting(late, early, later, elsewhere, foreign, held));
        const due = await store.queue.due('local', late.lane, START + 50, 10);
        expect(due.map((each) => each.id)).to.deep.equal([early.id, late.id]);
        expect(await store.queue.due('local', late.lane, START + 50, 1)).to.deep.equal([early]);
        expect(await store.queue.lanes('local')).to.deep.equal([
          { lane: 'b\tx', count: 1, nextAttemptAt: START + 5 },
          { lane: late.lane, count: 3, nextAttemptAt: START + 10 },
        ]);
      });

      it('finds old messages for warnings and for expiry', async () => {
        const warned = message({ acceptedAt: START - 3000, warnedAt: START });
        const old = message({ acceptedAt: START - 2000 });
        const young = message({ acceptedAt: START - 10 });
        await store.queue.commit(accepting(young, old, warned));
        const ids = async (unwarned: boolean, limit = 9) =>
          (await store.queue.aged('local', START - 1000, unwarned, limit)).map((each) => each.id);
        expect(await ids(false)).to.deep.equal([warned.id, old.id]);
        expect(await ids(true)).to.deep.equal([old.id]);
        expect(await ids(false, 1)).to.deep.equal([warned.id]);
        expect(await store.queue.aged('other', START, false, 9)).to.deep.equal([]);
      });

      it('goes on behind a page of old messages, and meets each once', async () => {
        const all = Array.from({ length: 25 }, (_, index) =>
          message({
            acceptedAt: START - 1000,
            nextAttemptAt: START + (index % 3),
            lane: `office\t${index % 4}`,
          }),
        );
        await store.queue.commit(accepting(...all));
        const seen: string[] = [];
        for (let after: MessageRecord | undefined, pages = 0; pages < 20; pages += 1) {
          const page = await store.queue.aged('local', START, false, 4, after);
          seen.push(...page.map(({ id }) => id));
          after = page.at(-1);
          if (after === undefined) break;
        }
        expect(seen.toSorted()).to.deep.equal(all.map(({ id }) => id).toSorted());
      });

      it('counts messages and the bytes that are kept', async () => {
        const [a, b, c] = [
          message({ size: 100 }),
          message({ size: 20 }),
          message({ size: 3, state: 'held' }),
        ];
        await store.queue.commit(accepting(a, b, c));
        await store.queue.commit(settling({ ...a, state: 'delivered', finishedAt: 1, dropBody: true }));
        await store.queue.commit(settling({ ...b, node: 'other', state: 'delivered', dropBody: true }));
        expect(await store.queue.counts()).to.deep.equal([
          { state: 'delivered', count: 1, bytes: 0 },
          { state: 'held', count: 1, bytes: 3 },
          { state: 'queued', count: 1, bytes: 20 },
        ]);
      });

      it('keeps the order of events of one millisecond, and those of the relay itself', async () => {
        const record = message();
        const entries = Array.from({ length: 20 }, (_, index) => ({
          message: record.id,
          at: START,
          node: 'local',
          event: { type: 'held', by: `person ${index}` } as const,
        }));
        await store.queue.commit({
          ...accepting(record),
          journal: [...entries, { ...entries[0]!, message: '' }],
        });
        expect((await store.queue.journal(record.id)).slice(1)).to.deep.equal(entries);
        expect(await store.queue.journal('')).to.have.lengthOf(1);
      });
    });

    describe('verbs', () => {
      const verb = { at: START, by: 'admin', event: { type: 'held', by: 'admin' } } as const;

      it('changes only what is in one of the states, and says so in the journal', async () => {
        const [queued, done] = [message(), message({ state: 'delivered', finishedAt: 3 })];
        await store.queue.commit(accepting(queued, done));
        const changed = await store.queue.changeState({
          ...verb,
          ids: [queued.id, done.id, 'NONE'],
          from: ['queued'],
          to: 'held',
        });
        expect(changed).to.deep.equal([{ id: queued.id, node: 'local', lane: queued.lane }]);
        expect((await store.queue.find(queued.id))?.state).to.equal('held');
        expect((await store.queue.find(done.id))?.state).to.equal('delivered');
        expect((await store.queue.journal(queued.id)).map((entry) => entry.event.type)).to.deep.equal([
          'accepted',
          'held',
        ]);
        expect(await store.queue.journal(done.id)).to.have.lengthOf(1);
        expect(await store.queue.counts()).to.deep.equal([
          { state: 'delivered', count: 1, bytes: 1000 },
          { state: 'held', count: 1, bytes: 1000 },
        ]);
      });

      it('releases those who were held and leaves the others as they are', async () => {
        const trap = 'x","state":"held","y@example.com';
        const record = message({
          state: 'held',
          node: 'other',
          recipients: [
            { address: trap, state: 'held' },
            { address: 'b@example.com', state: 'failed' },
            { address: 'c@example.com', state: 'delivered' },
          ],
        });
        await store.queue.commit(accepting(record));
        const changed = await store.queue.changeState({
          ...verb,
          ids: [record.id],
          from: ['held'],
          to: 'queued',
          node: 'local',
          upstream: 'office',
          nextAttemptAt: START + 4,
        });
        expect(changed).to.deep.equal([{ id: record.id, node: 'local', lane: record.lane }]);
        const found = await store.queue.find(record.id);
        expect(found?.recipients.map((each) => [each.address, each.state])).to.deep.equal([
          [trap, 'pending'],
          ['b@example.com', 'failed'],
          ['c@example.com', 'delivered'],
        ]);
        expect(found).to.include({ upstream: 'office', nextAttemptAt: START + 4, state: 'queued' });
      });

      it('puts a failed message back for those who failed, unless its body is gone', async () => {
        const record = message({
          state: 'failed',
          finishedAt: 3,
          recipients: [{ address: 'b@x.example', state: 'failed' }],
        });
        const empty = message({ state: 'failed', finishedAt: 3, chunks: 0 });
        await store.queue.commit(accepting(record));
        await store.queue.commit({
          accepts: [{ message: empty, chunks: [], firstChunk: 0 }],
          settles: [],
          journal: [],
        });
        const changed = await store.queue.changeState({
          ...verb,
          ids: [record.id, empty.id],
          from: ['failed'],
          to: 'queued',
        });
        expect(changed.map((each) => each.id)).to.deep.equal([record.id]);
        const found = await store.queue.find(record.id);
        expect(found?.recipients[0]?.state).to.equal('pending');
        expect(found).to.not.have.property('finishedAt');
      });

      it('changes thousands in steps', async () => {
        const records = Array.from({ length: 2300 }, () => message());
        await store.queue.commit(accepting(...records));
        const changed = await store.queue.changeState({
          ...verb,
          ids: records.map((each) => each.id),
          from: ['queued'],
          to: 'deleted',
          finishedAt: START,
          dropBody: true,
        });
        expect(changed).to.have.lengthOf(2300);
        expect(await store.queue.counts()).to.deep.equal([{ state: 'deleted', count: 2300, bytes: 0 }]);
        expect(await store.queue.readChunk(records[2299]!.id, 0)).to.equal(undefined);
      });
    });

    describe('nodes', () => {
      it('grants, renews and ends a lease by the database clock', async () => {
        await store.queue.joinNode({ id: 'n1', label: 'host 1' }, 60_000);
        await store.queue.joinNode({ id: 'n2', label: 'host 2' }, -1);
        const nodes = await store.queue.nodes();
        expect(
          nodes.map((node) => [node.id, node.label]),
          'a node without a lease does not share the limits',
        ).to.deep.equal([['n1', 'host 1']]);
        const n1 = nodes.find((node) => node.id === 'n1');
        expect(n1 && n1.leaseUntil - n1.startedAt).to.be.within(59_000, 61_000);
        expect(n1?.startedAt).to.be.closeTo(Date.now(), 60_000);
        expect(await store.queue.renewLease('n1', 60_000)).to.equal(true);
        expect(await store.queue.renewLease('n2', 60_000)).to.equal(false);
        expect(await store.queue.renewLease('n3', 60_000)).to.equal(false);
        await store.queue.leaveNode('n1');
        expect(await store.queue.renewLease('n1', 60_000)).to.equal(false);
      });

      it('takes over the queued mail of nodes without a lease, and only that', async () => {
        await store.queue.joinNode({ id: 'alive', label: '' }, 60_000);
        await store.queue.joinNode({ id: 'dead', label: '' }, -1);
        const theirs = [
          message({ node: 'dead' }),
          message({ node: 'dead' }),
          message({ node: 'dead', lane: 'b\tx' }),
        ];
        const [alive, unknown, done] = [
          message({ node: 'alive' }),
          message({ node: 'never-joined' }),
          message({ node: 'dead', state: 'delivered' }),
        ];
        await store.queue.commit(accepting(...theirs, alive, unknown, done));
        const taken = await store.queue.takeOver('me', 100);
        expect(taken).to.have.deep.members([
          { lane: theirs[0]!.lane, count: 2, from: 'dead' },
          { lane: 'b\tx', count: 1, from: 'dead' },
          { lane: unknown.lane, count: 1, from: 'never-joined' },
        ]);
        expect(await store.queue.find(theirs[0]!.id)).to.deep.equal({ ...theirs[0], node: 'me' });
        expect((await store.queue.find(alive.id))?.node).to.equal('alive');
        expect((await store.queue.find(done.id))?.node).to.equal('dead');
        const journal = await store.queue.journal(unknown.id);
        expect(journal.map((entry) => entry.event.type)).to.deep.equal(['accepted', 'taken-over']);
        expect(journal[0]?.node).to.equal('never-joined');
        expect(journal[1]?.event).to.deep.equal({ type: 'taken-over', from: 'never-joined', by: 'me' });
        expect(await store.queue.takeOver('me', 100)).to.deep.equal([]);
      });

      it('takes over no more than asked', async () => {
        await store.queue.commit(accepting(...Array.from({ length: 5 }, () => message({ node: 'gone' }))));
        expect(await store.queue.takeOver('me', 3)).to.deep.equal([
          { lane: message().lane, count: 3, from: 'gone' },
        ]);
        expect((await store.queue.takeOver('me', 3))[0]?.count).to.equal(2);
      });
    });

    describe('cleaning', () => {
      it('purges finished messages, bodies and held ones past their time, in steps', async () => {
        const old = Array.from({ length: 3 }, () => message({ state: 'delivered', finishedAt: START - 900 }));
        const recent = message({ state: 'failed', finishedAt: START - 100 });
        const fresh = message({ state: 'failed', finishedAt: START - 10 });
        const byTestRelay = [{ address: 'a@example.net', state: 'held' as const }];
        const heldOld = message({ state: 'held', acceptedAt: START - 5000, recipients: byTestRelay });
        const heldNew = message({ state: 'held', acceptedAt: START, recipients: byTestRelay });
        const queued = message({ acceptedAt: START - 90_000 });
        await store.queue.commit(accepting(...old, recent, fresh, heldOld, heldNew, queued));
        const limits = {
          finishedBefore: START + 100_000,
          bodiesBefore: START - 50,
          failedBodiesBefore: START - 50,
          heldBefore: START - 1000,
        };
        const purge = (finishedBefore: number, limit: number) =>
          store.queue.purge({ ...limits, finishedBefore }, limit);
        expect(await purge(START - 500, 2)).to.equal(2);
        expect(await purge(START - 500, 2)).to.equal(2);
        expect(await purge(START - 500, 2)).to.equal(1);
        expect(await purge(START - 500, 2)).to.equal(0);
        for (const gone of [...old, heldOld]) {
          expect(await store.queue.find(gone.id)).to.equal(undefined);
          expect(await store.queue.readChunk(gone.id, 0)).to.equal(undefined);
          expect(await store.queue.journal(gone.id)).to.deep.equal([]);
        }
        expect((await store.queue.find(recent.id))?.chunks).to.equal(0);
        expect(await store.queue.readChunk(recent.id, 0)).to.equal(undefined);
        expect(await store.queue.find(fresh.id)).to.deep.equal(fresh);
        expect(await store.queue.find(heldNew.id)).to.deep.equal(heldNew);
        expect(await store.queue.find(queued.id)).to.deep.equal(queued);
        expect(await store.queue.counts()).to.deep.equal([
          { state: 'failed', count: 2, bytes: 1000 },
          { state: 'held', count: 1, bytes: 1000 },
          { state: 'queued', count: 1, bytes: 1000 },
        ]);
      });

      it('never purges what a person holds, and keeps the content of what failed for its own time', async () => {
        const held = message({ state: 'held', acceptedAt: START - 5000 });
        const [delivered, failed, older] = [
          message({ state: 'delivered', finishedAt: START - 200 }),
          message({ state: 'failed', finishedAt: START - 200 }),
          message({ state: 'failed', finishedAt: START - 400 }),
        ];
        await store.queue.commit(accepting(held, delivered, failed, older));
        const limits = {
          finishedBefore: START - 1000,
          bodiesBefore: START,
          failedBodiesBefore: START - 300,
          heldBefore: START,
        };
        expect(await store.queue.purge(limits, 100)).to.equal(2);
        expect(await store.queue.find(held.id)).to.deep.equal(held);
        const chunks = async ({ id }: MessageRecord) => (await store.queue.find(id))?.chunks;
        expect([await chunks(delivered), await chunks(failed), await chunks(older)]).to.deep.equal([0, 1, 0]);
      });

      it('sweeps chunks that no message names, but not young ones', async () => {
        const kept = message();
        await store.queue.commit(accepting(kept));
        const stray = message().id;
        await store.queue.writeChunk(stray, 0, Buffer.from('a'));
        await store.queue.writeChunk(stray, 1, Buffer.from('b'));
        expect(await store.queue.sweepChunks(firstMessageIdAt(START - 200_000))).to.equal(0);
        expect(await store.queue.sweepChunks(firstMessageIdAt(START + 3_600_000))).to.equal(2);
        expect(await store.queue.readChunk(stray, 0)).to.equal(undefined);
        expect(await store.queue.readChunk(kept.id, 0)).to.not.equal(undefined);
      });

      it('discards the pieces of a message that was not accepted, and never those of one that was', async () => {
        const [stray, kept] = [message().id, message()];
        await store.queue.commit(accepting(kept));
        await store.queue.writeChunk(stray, 0, Buffer.from('a'));
        await store.queue.discardChunks(stray);
        await store.queue.discardChunks(kept.id);
        expect(await store.queue.readChunk(stray, 0)).to.equal(undefined);
        expect(await store.queue.readChunk(kept.id, 0)).to.not.equal(undefined);
      });
    });

    it('adds up usage by the hour', async () => {
      const hour = 3_600_000;
      const at = Math.floor(START / hour) * hour;
      await store.queue.addUsage('office', at + 5, 3);
      await store.queue.addUsage('office', at + 10, 4);
      await store.queue.addUsage('office', at - hour, 10);
      await store.queue.addUsage('other', at, 99);
      expect(await store.queue.usageSince('office', at - 1)).to.deep.equal([
        { at: at - hour, recipients: 10 },
        { at, recipients: 7 },
      ]);
      expect(await store.queue.usageSince('office', at)).to.deep.equal([{ at, recipients: 7 }]);
      await store.queue.addUsage('office', at + 100 * hour, 1);
      expect(await store.queue.usageSince('office', 0)).to.deep.equal([
        { at: at + 100 * hour, recipients: 1 },
      ]);
    });

    it('says that it is well, and how much room there is', async () => {
      await store.healthy();
      expect(await store.freeBytes()).to.be.greaterThan(0);
      expect(accept(message()).chunks).to.have.lengthOf(1);
    });
  });
}
