import { expect } from 'chai';
import { createUnderWay } from '../../src/shared/under-way.ts';

describe('work that is under way', () => {
  it('is waited for by everybody who closes, whatever becomes of it, and what begins meanwhile too', async () => {
    const { track, quiet } = createUnderWay();
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const order: string[] = [];
    const tracked = track(first.promise);
    const closing = [quiet(), quiet()].map((one) => one.then(() => order.push('quiet')));
    const later = track(second.promise).catch(() => order.push('failed'));
    first.resolve('done');
    expect(await tracked).to.equal('done');
    expect(order).to.deep.equal([]);
    second.reject(new Error('failed'));
    await Promise.all([...closing, later]);
    expect(order).to.deep.equal(['failed', 'quiet', 'quiet']);
  });

  it('is none at first', async () => {
    await createUnderWay().quiet();
  });
});
