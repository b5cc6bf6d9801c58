/** Lists and searches, alike on both engines. */
import { expect } from 'chai';
import type { MessageRecord } from '../../src/queue/message.ts';
import type { MessageFilter } from '../../src/queue/storage.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { StoreUnderTest } from './conformance.ts';
import { accepting, message, START } from './samples.ts';

export function describeListing(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`lists of the store on ${name}`, () => {
    let opened: StoreUnderTest;
    let store: Store;

    before(async function openFresh() {
      this.timeout(30_000);
      opened = await open();
      store = opened.store;
    });
    after(() => opened.close());

    const records: MessageRecord[] = [
      message({
        recipients: [{ address: 'Ann@Example.com', state: 'pending' }],
        subject: '100% sure_thing!',
      }),
      message({ state: 'held', recipients: [{ address: 'bob@example.com', state: 'held' }] }),
      message({
        state: 'delivered',
        finishedAt: 3,
        recipients: [
          {
            address: '"q\\"uote"@example.com',
            state: 'delivered',
            upstream: 'a"b',
            reply: { code: 250, text: 'ann' },
          },
        ],
      }),
      message({
        state: 'failed',
        finishedAt: 3,
        upstream: 'special',
        envelope: { sender: 'Fax@Sales.Example.com', eightBit: false, smtpUtf8: false },
      }),
      message({
        origin: { client: 'fax', listener: 'default', address: '10.0.0.1', greeting: 'fax' },
        lane: 'office2\tfax',
        acceptedAt: START + 500,
      }),
      message({ state: 'deleted', finishedAt: 9, subject: 'Grüße aus Köln', lane: 'of%ice\tx' }),
    ];
    const [ann, bob, quoted, fax, later, deleted] = records.map((record) => record.id);

    before(async () => {
      await store.queue.commit(accepting(...records));
    });

    const cases: readonly [string, MessageFilter, readonly (string | undefined)[]][] = [
      ['everything, newest first', {}, [deleted, later, fax, quoted, bob, ann]],
      ['ids', { ids: [ann ?? '', fax ?? '', 'NONE'] }, [fax, ann]],
      ['no ids', { ids: [] }, []],
      ['ids in a state', { ids: [ann ?? '', fax ?? ''], states: ['failed'] }, [fax]],
      ['queued', { states: ['queued'] }, [later, ann]],
      ['unfinished', { states: ['held', 'queued'] }, [later, bob, ann]],
      ['mixed states', { states: ['held', 'deleted'] }, [deleted, bob]],
      ['no states', { states: [] }, []],
      ['client', { client: 'fax' }, [later]],
      ['part of the sender in another case', { sender: 'fAX@sales' }, [fax]],
      ['part of a recipient', { recipient: 'ANN@' }, [ann]],
      ['a recipient, not words of a reply', { recipient: 'ann' }, [ann]],
      ['a recipient with a quotation mark', { recipient: 'q\\"U' }, [quoted]],
      ['a recipient, not the names of fields', { recipient: 'state' }, []],
      ['part of the subject', { subject: 'GRüßE AUS' }, [deleted]],
      ['a percent sign as itself', { subject: '100% s' }, [ann]],
      ['an underscore as itself', { subject: 'sure_' }, [ann]],
      ['no wildcard', { subject: 's%e' }, []],
      ['an exclamation mark', { subject: 'thing!' }, [ann]],
      ['an apostrophe as itself', { subject: "' or 1=1 --" }, []],
      ['upstream by an override', { upstream: 'special' }, [fax]],
      ['upstream by the lane', { upstream: 'office2' }, [later]],
      ['upstream whose name has a wildcard', { upstream: 'of%ice' }, [deleted]],
      ['upstream that has replied', { upstream: 'a"b' }, [quoted]],
      ['accepted after', { acceptedAfter: START + 1 }, [later]],
      ['accepted before', { acceptedBefore: START + 1, states: ['queued'] }, [ann]],
      ['device by a part of its address', { device: '10.0.' }, [later]],
      ['device by a part of its greeting in another case', { device: 'FA' }, [later]],
      ['device by its client', { device: 'machine' }, [deleted, fax, quoted, bob, ann]],
      ['device, not the names of fields', { device: 'greeting' }, []],
      ['nothing older than an id', { fromId: fax ?? '' }, [deleted, later, fax]],
      ['several conditions', { states: ['queued'], client: 'this machine', recipient: 'example' }, [ann]],
      ['NUL and half a character', { subject: '\0', sender: '\ud800' }, []],
    ];
    for (const [what, filter, expected] of cases) {
      it(`finds ${what}, whole and page by page`, async () => {
        const whole = await store.queue.list(filter, 100);
        expect(whole.messages.map((each) => each.id)).to.deep.equal(expected);
        expect(whole).to.not.have.property('next');
        const paged: string[] = [];
        let before: string | undefined;
        for (let page = 0; page < 20; page += 1) {
          const answer = await store.queue.list(filter, 1, before);
          expect(answer.messages.length).to.be.at.most(1);
          paged.push(...answer.messages.map((each) => each.id));
          before = answer.next;
          if (before === undefined) break;
        }
        expect(paged).to.deep.equal(expected);
      });
    }

    it('ends a search when its time is over, and goes on from there', async () => {
      const many = Array.from({ length: 5_100 }, () => message({ subject: 'one of many' }));
      await store.queue.commit(accepting(...many));
      const first = await store.queue.list({ subject: 'sure_' }, 10, undefined, 0);
      expect(first.messages).to.deep.equal([]);
      const second = await store.queue.list({ subject: 'sure_' }, 10, first.next, 0);
      expect(second.messages.map((each) => each.id)).to.deep.equal([ann]);
      expect(second).to.not.have.property('next');
    });
  });
}
