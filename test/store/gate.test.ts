import { expect } from 'chai';
import { createGate } from '../../src/store/sqlite/gate.ts';

describe('gate', () => {
  it('lets everything through at once while no transaction is open', () => {
    const gate = createGate();
    const order: string[] = [];
    void gate.pass(async () => order.push('a'));
    void gate.pass(async () => order.push('b'));
    expect(order).to.deep.equal(['a', 'b']);
  });

  it('holds back what comes after a transaction until it ends, in order', async () => {
    const gate = createGate();
    const order: string[] = [];
    void gate.enter(async () => order.push('begin 1'));
    const waiting = [
      gate.pass(async () => order.push('a')),
      gate.enter(async () => order.push('begin 2')),
      gate.pass(async () => order.push('b')),
    ];
    expect(order).to.deep.equal(['begin 1']);
    gate.leave();
    expect(order).to.deep.equal(['begin 1', 'a', 'begin 2']);
    gate.leave();
    expect(order).to.deep.equal(['begin 1', 'a', 'begin 2', 'b']);
    await Promise.all(waiting);
  });

  it('passes a failure on and stays usable', async () => {
    const gate = createGate();
    await gate.enter(async () => undefined);
    const failing = gate.pass(() => Promise.reject(new Error('broken')));
    gate.leave();
    const error = await failing.catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message', 'broken');
    expect(await gate.pass(async () => 'fine')).to.equal('fine');
  });
});
