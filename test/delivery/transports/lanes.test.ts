import { expect } from 'chai';
import { createLanes } from '../../../src/delivery/transports/api/lanes.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('lanes of mailboxes', () => {
  it('are looked through now and then, not with each sender that a device makes up', () => {
    const manual = new ManualClock();
    let looks = 0;
    const clock = {
      now: () => manual.now(),
      monotonic: () => {
        looks += 1;
        return manual.monotonic();
      },
      after: manual.after.bind(manual),
    };
    const lanes = createLanes({ atOnce: 4, requests: { most: 10_000, length: 600_000 } }, clock);
    for (let number = 0; number < 5000; number += 1) lanes.of(`${number}@example.com`).take(1);
    expect(looks).to.be.lessThan(5000 * 4);
  });

  it('keep the limits of a mailbox that was used just now, and forget one that was not', async () => {
    const clock = new ManualClock();
    const lanes = createLanes({ atOnce: 4, requests: { most: 1, length: 600_000 } }, clock);
    const used = lanes.of('used@example.com');
    used.take(1);
    for (let number = 0; number < 3000; number += 1) lanes.of(`${number}@example.com`);
    expect(lanes.of('used@example.com')).to.equal(used);
    expect(used.wait(1)).to.be.greaterThan(0);
    clock.advance(700_000);
    for (let number = 0; number < 3000; number += 1) lanes.of(`later ${number}@example.com`);
    expect(lanes.of('used@example.com')).not.to.equal(used);
  });
});
