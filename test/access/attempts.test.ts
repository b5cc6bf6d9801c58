import { expect } from 'chai';
import { createAttempts } from '../../src/access/attempts.ts';
import { TooManyAttempts } from '../../src/access/too-many-attempts.ts';
import { networkOf } from '../../src/shared/network-of.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Seconds to wait; 0 where the attempt was let through. */
function wait(begin: () => unknown): number {
  try {
    begin();
    return 0;
  } catch (error) {
    if (error instanceof TooManyAttempts) return error.wait;
    throw error;
  }
}

describe('attempts to sign in', () => {
  it('are paced by address: five are free, then twice as long each time, a quarter of an hour at most', () => {
    const clock = new ManualClock();
    const attempts = createAttempts(clock);
    const pauses: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const begin = () => attempts.password({ name: `name ${count}`, address: '192.0.2.1' });
      const pause = wait(begin);
      pauses.push(pause);
      clock.advance(pause * 1000);
      if (pause > 0) expect(wait(begin)).to.equal(0);
    }
    expect(pauses.slice(0, 8)).to.deep.equal([0, 0, 0, 0, 0, 5, 10, 20]);
    expect(Math.max(...pauses)).to.equal(900);
  });

  it('count from their beginning, so that many at once gain nothing', () => {
    const attempts = createAttempts(new ManualClock());
    const begun = Array.from({ length: 50 }, () =>
      wait(() => attempts.password({ name: 'Ada', address: '192.0.2.1' })),
    );
    expect(begun.filter((seconds) => seconds === 0)).to.have.lengthOf(5);
  });

  it('from everywhere on one name make its other strangers wait a minute at most, and a known browser not at all', () => {
    const clock = new ManualClock();
    const attempts = createAttempts(clock);
    let longest = 0;
    for (let count = 0; count < 500; count += 1) {
      const pause = wait(() => attempts.password({ name: 'Ada', address: `2001:db8:${count}::1` }));
      longest = Math.max(longest, pause);
      clock.advance(1000);
    }
    expect(longest).to.be.within(30, 60);
    expect(wait(() => attempts.password({ name: 'ADA', address: '192.0.2.1' }))).to.be.greaterThan(0);
    expect(wait(() => attempts.password({ name: 'Bob', address: '192.0.2.1' }))).to.equal(0);
    expect(wait(() => attempts.password({ name: 'Ada', address: '192.0.2.1', browser: 'known' }))).to.equal(
      0,
    );
  });

  it('at codes by who has the password alone do not keep its owner out, in a browser that is known', () => {
    const attempts = createAttempts(new ManualClock());
    for (let count = 0; count < 20; count += 1) wait(() => attempts.code('Ada'));
    expect(wait(() => attempts.code('Ada'))).to.be.greaterThan(0);
    expect(wait(() => attempts.code('Ada', 'known'))).to.equal(0);
    const others = Array.from({ length: 20 }, () => wait(() => attempts.code('Ada', 'stolen')));
    expect(others.filter((seconds) => seconds === 0)).to.have.lengthOf(5);
  });

  it('at names that are made up push out no count of codes', () => {
    const attempts = createAttempts(new ManualClock());
    for (let count = 0; count < 20; count += 1) wait(() => attempts.code('Ada'));
    for (let count = 0; count < 11_000; count += 1) {
      attempts.password({ name: `name ${count}`, address: `2001:db8:${count.toString(16)}::1` });
    }
    expect(wait(() => attempts.code('Ada'))).to.be.greaterThan(0);
  });

  it('that go well cost nothing and wash nothing away', () => {
    const clock = new ManualClock();
    const attempts = createAttempts(clock);
    const begin = () => attempts.password({ name: 'Ada', address: '192.0.2.1' });
    for (let count = 0; count < 100; count += 1) begin().forget();
    for (let count = 0; count < 4; count += 1) begin();
    begin().forget();
    begin();
    expect(wait(begin)).to.be.greaterThan(0);
    clock.advance(3_600_000);
    for (let count = 0; count < 5; count += 1) expect(wait(begin)).to.equal(0);
    expect(wait(begin)).to.be.greaterThan(0);
  });

  it('are remembered in a bounded number', () => {
    const attempts = createAttempts(new ManualClock());
    const victim = () => attempts.setup('203.0.113.1');
    for (let count = 0; count < 6; count += 1) wait(victim);
    expect(wait(victim)).to.be.greaterThan(0);
    for (let count = 0; count < 12_000; count += 1) attempts.setup(`192.0.${count >> 8}.${count & 255}`);
    expect(wait(victim)).to.equal(0);
  });

  for (const [one, other, same] of [
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['2001:db8::1', '2001:db8::ffff:1:2:3', true],
    ['2001:db8:0:0:1::', '2001:db8::2', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['fe80::1%eth0', 'fe80::1', true],
    ['::1', '::2', true],
    ['64:ff9b::192.0.2.1', '64:ff9b::1', true],
  ] as const) {
    it(`${same ? 'are one source' : 'are two sources'}: ${one} and ${other}`, () => {
      expect(networkOf(one) === networkOf(other)).to.equal(same);
    });
  }
});
