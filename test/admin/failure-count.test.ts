import { expect } from 'chai';
import { createFailureCount } from '../../src/admin/failure-count.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('failures of strangers', () => {
  it('are counted together for a machine that takes another IPv6 address each time', () => {
    const failures = createFailureCount(new ManualClock());
    const counts = Array.from({ length: 20 }, (_, at) => failures.add(`2001:db8::${at}`).count);
    expect(counts.at(-1)).to.equal(20);
    expect(failures.add('2001:db8:0:1::1').count).to.equal(1);
  });

  it('are forgotten after a minute', () => {
    const clock = new ManualClock();
    const failures = createFailureCount(clock);
    expect([failures.add('192.0.2.1'), failures.add('192.0.2.1')].at(-1)).to.deep.equal({
      count: 2,
      wait: 60,
    });
    clock.advance(60_000);
    expect(failures.add('192.0.2.1').count).to.equal(1);
  });
});
