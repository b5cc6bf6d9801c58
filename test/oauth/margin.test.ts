import { expect } from 'chai';
import { assert, double, property } from 'fast-check';
import { renewalMargin, usableMargin } from '../../src/oauth/tokens/margin.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('the margin before the end of a token', () => {
  for (const [lifetime, renewal, usable] of [
    [0, 0, 0],
    [-1, 0, 0],
    [5 * SECOND, 0.1 * SECOND, 0.075 * SECOND],
    [MINUTE, 1.2 * SECOND, 0.9 * SECOND],
    [5 * MINUTE, 6 * SECOND, 4.5 * SECOND],
    [15 * MINUTE, 168.5 * SECOND, 126.4 * SECOND],
    [30 * MINUTE, 412.4 * SECOND, 309.3 * SECOND],
    [60 * MINUTE, 15 * MINUTE, 11.25 * MINUTE],
    [90 * MINUTE, 15 * MINUTE, 11.25 * MINUTE],
    [24 * 60 * MINUTE, 15 * MINUTE, 11.25 * MINUTE],
  ] as const) {
    it(`is ${renewal / SECOND} s of ${lifetime / SECOND} s`, () => {
      expect(renewalMargin(lifetime)).to.be.closeTo(renewal, 50);
      expect(usableMargin(lifetime)).to.be.closeTo(usable, 50);
    });
  }

  it('leaves the 10 minutes that Exchange wants, with the tokens that Microsoft and Google give', () => {
    for (const lifetime of [3599 * SECOND, 60 * MINUTE, 90 * MINUTE, 28 * 60 * MINUTE]) {
      expect(usableMargin(lifetime)).to.be.greaterThan(11 * MINUTE);
    }
  });

  it('grows smoothly with the lifetime, and is at most a twentieth of a short one', () => {
    assert(
      property(double({ min: 1, max: 100_000 * SECOND, noNaN: true }), (lifetime) => {
        const margin = renewalMargin(lifetime);
        const next = renewalMargin(lifetime + SECOND);
        expect(next - margin).to.be.within(0, 0.5 * SECOND);
        expect(usableMargin(lifetime)).to.be.within(margin / 2, margin);
        if (lifetime <= 5 * MINUTE) expect(margin).to.be.at.most(lifetime / 20);
        expect(margin).to.be.lessThan(lifetime / 2);
      }),
    );
  });
});
