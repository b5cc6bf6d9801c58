import { expect } from 'chai';
import type { AuditAnswer, AuditEntryAnswer } from '../../src/admin/contract-access.ts';
import { MOST_ENTRIES, type Trail, withLatest, withOlder } from '../../src/ui/pages/audit/trail.ts';

const entry = (number: number): AuditEntryAnswer => ({
  id: String(number).padStart(6, '0'),
  at: number,
  by: 'Ada',
  kind: 'user',
  address: '192.0.2.7',
  action: 'user.added',
  text: '',
});
/** Entries from the later to the earlier number. */
const page = (from: number, to: number): AuditAnswer => ({
  entries: Array.from({ length: from - to + 1 }, (_, index) => entry(from - index)),
  next: to > 1 ? entry(to).id : undefined,
});
const numbers = ({ entries }: AuditAnswer) => entries.map(({ at }) => at);

describe('the entries that the audit page keeps', () => {
  const first: Trail = withLatest(undefined, 'q', page(9, 7));

  it('grow at their end by what is asked for, and at their beginning by themselves', () => {
    const older = withOlder(first, 'q', page(6, 4));
    expect(numbers(older)).to.deep.equal([9, 8, 7, 6, 5, 4]);
    const newer = withLatest(older, 'q', page(11, 9));
    expect(numbers(newer)).to.deep.equal([11, 10, 9, 8, 7, 6, 5, 4]);
    expect(newer.next).to.equal(entry(4).id);
  });

  it('begin anew where some are missing between, and for other conditions', () => {
    expect(numbers(withLatest(first, 'q', page(20, 18)))).to.deep.equal([20, 19, 18]);
    expect(numbers(withLatest(first, 'other', page(9, 8)))).to.deep.equal([9, 8]);
    expect(numbers(withLatest(first, 'q', { entries: [] }))).to.deep.equal([]);
    expect(withOlder(first, 'other', page(6, 4))).to.equal(first);
  });

  it('come once each, and end somewhere', () => {
    expect(numbers(withOlder(first, 'q', page(8, 5)))).to.deep.equal([9, 8, 7, 6, 5]);
    const many = withOlder(first, 'q', {
      ...page(6, 1),
      entries: page(MOST_ENTRIES + 9, 10).entries,
      next: 'x',
    });
    expect(many.next).to.equal(undefined);
  });
});
