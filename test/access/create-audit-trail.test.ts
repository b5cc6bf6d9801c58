import { expect } from 'chai';
import { createAuditTrail } from '../../src/access/create-audit-trail.ts';
import type { AuditEntry, AuditLimits, AuditStorage } from '../../src/access/storage.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function trail(changes: Partial<AuditStorage> = {}) {
  const entries: AuditEntry[] = [];
  const removals: AuditLimits[] = [];
  const clock = new ManualClock();
  const log = recordLog();
  const audit = createAuditTrail({
    storage: {
      addAudit: async (entry) => void entries.push(entry),
      audit: async () => entries.toReversed(),
      async removeAudit(limits) {
        removals.push(limits);
        return removals.length < 3 ? 1000 : 5;
      },
      ...changes,
    },
    clock,
    random: systemRandom,
    log: log.log,
    meter: noMeter,
  });
  return { audit, entries, removals, clock, log };
}

describe('the audit trail', () => {
  const event = {
    caller: { kind: 'user', name: 'Ada' },
    address: '192.0.2.7',
    action: 'user.added',
    subject: 'Bob',
    text: 'The user Bob was added.',
  } as const;

  it('stores who, when and from where, and tells the log the same', async () => {
    const { audit, entries, clock, log } = trail();
    await audit.record(event);
    await audit.record(event);
    const [first, second] = entries;
    const { caller: _caller, ...rest } = event;
    expect(first).to.deep.include({ ...rest, by: 'Ada', kind: 'user', at: clock.now() });
    expect((first?.id ?? '') < (second?.id ?? '')).to.equal(true);
    expect(log.text()).to.contain('"action":"user.added"').and.contain('Audit: The user Bob was added.');
  });

  it('undoes no change when an entry cannot be stored: the log has it then, as an error', async () => {
    const { audit, log } = trail({
      addAudit: () => Promise.reject(new RelayError('store-full', 'The disk is full.')),
    });
    await audit.record(event);
    const line = log.lines.find((each) => each.includes('could not be stored')) ?? '';
    expect(line).to.contain('"level":50').and.contain('"by":"Ada"').and.contain('"subject":"Bob"');
  });

  it('keeps on one line, and short, whatever people type', async () => {
    const { audit, entries } = trail();
    const changes = Array.from({ length: 500 }, () => ({
      path: 'a\nb',
      before: 'x'.repeat(9999),
      after: '\u001b[31m',
    }));
    await audit.record({
      ...event,
      caller: { kind: 'token', name: `a\r\nb\u202ec${'d'.repeat(500)}` },
      subject: ' \u2028 \u200b\0 ',
      text: '\u{1F600}'.repeat(5000),
      changes,
    });
    const [found] = entries;
    expect(found?.by)
      .to.match(/^a bcd+…$/)
      .with.lengthOf(128);
    expect(found?.subject).to.equal('');
    expect(found?.text).to.have.length.at.most(500);
    expect(found?.text.isWellFormed()).to.equal(true);
    expect(found?.changes).to.have.length(201);
    expect(found?.changes?.[0]).to.deep.equal({ path: 'a b', before: `${'x'.repeat(299)}…`, after: '[31m' });
    expect(found?.changes?.at(-1)).to.deep.equal({ path: '…', after: '300 more' });
    expect(JSON.stringify(found)).to.have.length.below(200_000);
  });

  it('removes what is older than a year, and beyond 100,000 entries, in the background and in steps', async () => {
    const { audit, removals, clock } = trail();
    clock.advance(HOUR);
    await until(() => removals.length === 3, 'three steps');
    expect(removals[0]).to.deep.equal({
      before: clock.now() - 365 * DAY,
      keep: 100_000,
      keepOfNobody: 10_000,
    });
    await until(() => {
      clock.advance(HOUR);
      return removals.length > 3;
    }, 'another round');
    audit.close();
    const { length } = removals;
    clock.advance(DAY);
    expect(removals).to.have.length(length);
  });

  it('tries again when old entries cannot be removed', async () => {
    let asked = 0;
    const { audit, clock, log } = trail({
      removeAudit: () => {
        asked += 1;
        return Promise.reject(new Error('busy'));
      },
    });
    await until(() => {
      clock.advance(HOUR);
      return asked > 1;
    }, 'another try');
    audit.close();
    expect(log.text()).to.contain('could not be removed; that is tried again');
  });
});
