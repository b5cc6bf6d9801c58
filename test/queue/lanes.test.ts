import { expect } from 'chai';
import { Lanes } from '../../src/queue/lanes.ts';
import { messageRecord } from '../support/records.ts';

const entry = (client: string, id: string) => ({ record: messageRecord({ client, id }) });

function drain(lanes: Lanes): string[] {
  const order: string[] = [];
  for (let next = lanes.next(); next !== undefined; next = lanes.next()) order.push(next.record.id);
  return order;
}

describe('lanes', () => {
  it('serve clients in turn, so that a busy one does not delay a quiet one', () => {
    const lanes = new Lanes();
    for (let index = 0; index < 1000; index += 1) lanes.push(entry('busy', `b${index}`));
    lanes.push(entry('quiet', 'q'));
    expect([lanes.next()?.record.id, lanes.next()?.record.id]).to.deep.equal(['b0', 'q']);
  });

  it('keep the order within a client', () => {
    const lanes = new Lanes();
    const ids = Array.from({ length: 1500 }, (_, index) => `m${index}`);
    for (const id of ids) lanes.push(entry('a', id));
    expect(drain(lanes)).to.deep.equal(ids);
    expect(lanes.size).to.equal(0);
  });

  it('give first what was put back', () => {
    const lanes = new Lanes();
    lanes.push(entry('a', '1'));
    lanes.push(entry('a', '2'));
    const first = lanes.next();
    if (first) lanes.unshift(first);
    expect(drain(lanes)).to.deep.equal(['1', '2']);
  });

  it('put back into a lane that has become empty', () => {
    const lanes = new Lanes();
    lanes.push(entry('a', '1'));
    const first = lanes.next();
    expect(lanes.peek()).to.equal(undefined);
    if (first) lanes.unshift(first);
    expect(lanes.peek()?.record.id).to.equal('1');
  });

  it('forget a message that an operator takes out, and only that one', () => {
    const lanes = new Lanes();
    for (const id of ['1', '2', '3']) lanes.push(entry('a', id));
    lanes.push(entry('b', '4'));
    lanes.next();
    expect(lanes.remove('a', '2')?.record.id).to.equal('2');
    expect(lanes.remove('a', '1'), 'served already').to.equal(undefined);
    expect(lanes.remove('nobody', '3')).to.equal(undefined);
    expect(lanes.remove('b', '4')?.record.id).to.equal('4');
    expect(drain(lanes)).to.deep.equal(['3']);
  });

  it('count what waits through any mixture of operations', () => {
    const lanes = new Lanes();
    let expected = 0;
    for (let step = 0; step < 5000; step += 1) {
      if (step % 3 < 2) {
        lanes.push(entry(`client ${step % 7}`, String(step)));
        expected += 1;
      } else if (lanes.next() !== undefined) {
        expected -= 1;
      }
      expect(lanes.size).to.equal(expected);
    }
    expect([...lanes.entries()]).to.have.length(expected);
    expect(drain(lanes)).to.have.length(expected);
  });
});
