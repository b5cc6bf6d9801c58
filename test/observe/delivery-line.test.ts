import { expect } from 'chai';
import { type AttemptEvent, deliveryLines, seconds } from '../../src/observe/delivery-line.ts';
import { sampleMessage } from '../support/admin.ts';

const reply = { code: 250, enhanced: '2.0.0', text: 'Ok: queued as 1' };
const attempt: AttemptEvent = {
  type: 'attempt',
  upstream: 'office',
  attempt: 2,
  recipients: [
    { address: 'a@example.com', result: 'delivered', reply },
    {
      address: 'b@example.com',
      result: 'deferred',
      reply: { code: 451, text: '' },
      reason: 'busy',
      remedy: 'wait',
    },
  ],
  delays: [3, 61_234, 0.4, 120],
  nextAttemptAt: 1_795_000_000_000,
};

describe('the delivery line', () => {
  it('is one for each recipient, with all that "where is my mail" needs', () => {
    const [first, second] = deliveryLines(sampleMessage('ID1'), attempt);
    expect(first).to.deep.equal({
      id: 'ID1',
      client: 'scanner',
      sender: 'scanner@example.com',
      recipient: 'a@example.com',
      result: 'delivered',
      upstream: 'office',
      attempt: 2,
      reply: '250 2.0.0 Ok: queued as 1',
      delays: '0.003/61/0/0.12',
    });
    expect(second).to.include({
      recipient: 'b@example.com',
      result: 'deferred',
      reply: '451',
      reason: 'busy',
      remedy: 'wait',
      nextAttemptAt: '2026-11-18T11:06:40.000Z',
    });
  });

  it('tells the null sender, a rewritten sender and a possible duplicate', () => {
    const message = sampleMessage('ID1', { envelope: { sender: '', eightBit: false, smtpUtf8: false } });
    const odd: AttemptEvent = { ...attempt, rewrittenSender: 'relay@example.com', possibleDuplicate: true };
    expect(deliveryLines(message, odd)[0]).to.include({
      sender: '<>',
      rewrittenSender: 'relay@example.com',
      possibleDuplicate: true,
    });
  });

  for (const [milliseconds, text] of [
    [0, '0'],
    [0.9, '0'],
    [1, '0.001'],
    [34.4, '0.034'],
    [1234, '1.2'],
    [9940, '9.9'],
    [9960, '10'],
    [123_456, '123'],
    [-5, '0'],
    [Number.NaN, '0'],
  ] as const) {
    it(`writes ${milliseconds} ms as ${text} s`, () => {
      expect(seconds(milliseconds)).to.equal(text);
    });
  }
});
