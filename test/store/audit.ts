/** The audit trail, alike on both engines. */
import { expect } from 'chai';
import type { AuditEntry, AuditFilter } from '../../src/access/storage.ts';
import type { StoreUnderTest } from './conformance.ts';

const entry = (number: number, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  id: `000000000000${String(number).padStart(4, '0')}`,
  at: number,
  by: 'Ada',
  kind: 'user',
  address: '192.0.2.7',
  action: 'settings.changed',
  text: `Entry ${number}.`,
  ...changes,
});

export function describeAudit(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`audit trail of the store on ${name}`, () => {
    let opened: StoreUnderTest;
    beforeEach(async function openFresh() {
      this.timeout(30_000);
      opened = await open();
    });
    afterEach(() => opened.close());

    const add = async (...entries: readonly AuditEntry[]) => {
      for (const one of entries) await opened.store.access.addAudit(one);
    };
    const numbers = async (filter: AuditFilter = {}, limit = 100, before?: string) =>
      (await opened.store.access.audit(filter, limit, before)).map(({ at }) => at);

    it('gives entries back as they were, the latest first, page by page', async () => {
      const full = entry(2, {
        kind: 'nobody',
        subject: 'Ä "x" \u{1F600}',
        changes: [{ path: 'upstreams.office.port', before: '25', after: '587' }, { path: 'a' }],
      });
      await add(entry(1), full, entry(3));
      const { access } = opened.store;
      expect(await access.audit({}, 10)).to.deep.equal([entry(3), full, entry(1)]);
      expect(await numbers({}, 2)).to.deep.equal([3, 2]);
      expect(await numbers({}, 2, full.id)).to.deep.equal([1]);
    });

    it('keeps what databases do not like', async () => {
      await add(entry(1, { text: 'a\0b\ud800', by: '\0', changes: [{ path: '\0\ud800', after: '\0' }] }));
      const [found] = await opened.store.access.audit({}, 10);
      expect(found?.text).to.equal('ab\ufffd');
    });

    it('finds by part of a name and subject, and by action or its area', async () => {
      await add(
        entry(1, { by: 'Ada', action: 'user.added', subject: 'Bob_1' }),
        entry(2, { by: 'ADAM', action: 'user.removed', subject: 'bobX1' }),
        entry(3, { by: 'eve%', action: 'users.other' }),
      );
      expect(await numbers({ by: 'ada' })).to.deep.equal([2, 1]);
      expect(await numbers({ by: '%' })).to.deep.equal([3]);
      expect(await numbers({ subject: 'B_1' })).to.deep.equal([1]);
      expect(await numbers({ action: 'user' })).to.deep.equal([2, 1]);
      expect(await numbers({ action: 'user.added' })).to.deep.equal([1]);
      expect(await numbers({ action: 'user.add' })).to.deep.equal([]);
      expect(await numbers({ by: 'ada', action: 'user', subject: 'x' })).to.deep.equal([2]);
      expect(await numbers({ by: "' or 1=1 --" })).to.deep.equal([]);
    });

    it('removes what is old and what is too much, the oldest first and in steps', async () => {
      await add(...Array.from({ length: 10 }, (_, index) => entry(index)));
      const limits = { before: 3, keep: 5, keepOfNobody: 100 };
      expect(await opened.store.access.removeAudit(limits, 2)).to.equal(2);
      expect(await numbers()).to.deep.equal([9, 8, 7, 6, 5, 4, 3, 2]);
      expect(await opened.store.access.removeAudit(limits, 100)).to.equal(3);
      expect(await numbers()).to.deep.equal([9, 8, 7, 6, 5]);
      expect(await opened.store.access.removeAudit(limits, 100)).to.equal(0);
    });

    it('lets whoever makes entries without end push out his own, and hide nothing of others', async () => {
      const eve = (number: number) => entry(number, { by: 'eve' });
      const machine = (number: number) => entry(number, { by: `cli (${number})`, kind: 'machine' });
      await add(entry(0), entry(1), eve(2), machine(3), eve(4), eve(5), machine(6), eve(7), entry(8));
      const limits = { before: 0, keep: 7, keepOfNobody: 100 };
      expect(await opened.store.access.removeAudit(limits, 100)).to.equal(2);
      expect(await numbers()).to.deep.equal([8, 7, 6, 5, 3, 1, 0]);
      await add(machine(10), machine(11));
      expect(await opened.store.access.removeAudit(limits, 1)).to.equal(1);
      expect(await opened.store.access.removeAudit(limits, 1)).to.equal(1);
      expect(await opened.store.access.removeAudit(limits, 1)).to.equal(0);
      expect((await numbers()).length).to.equal(7);
      expect(await numbers({ by: 'eve' })).to.deep.equal([7, 5]);
    });

    it('lets strangers push out their own entries alone', async () => {
      const stranger = { kind: 'nobody', by: 'nobody' } as const;
      await add(entry(0), ...Array.from({ length: 6 }, (_, index) => entry(index + 1, stranger)), entry(7));
      expect(await opened.store.access.removeAudit({ before: 0, keep: 100, keepOfNobody: 2 }, 100)).to.equal(
        4,
      );
      expect(await numbers()).to.deep.equal([7, 6, 5, 0]);
    });
  });
}
