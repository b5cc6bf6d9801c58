import { expect } from 'chai';
import type { RecipientOutcome } from '../../src/delivery/outcome.ts';
import type { MessageRecord } from '../../src/queue/message.ts';
import { expireMessage, settleAttempt, unfinishedRecipients } from '../../src/queue/settle.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { messageRecord } from '../support/records.ts';

const HOUR = 3_600_000;
const reply = { code: 250, text: 'ok' };
const busy = { code: 451, text: 'busy' };
const delivered: RecipientOutcome = { kind: 'delivered', reply };
const deferred: RecipientOutcome = { kind: 'deferred', reply: busy, reason: 'busy' };
const rejected: RecipientOutcome = {
  kind: 'rejected',
  reply: { code: 550, text: 'no' },
  reason: 'recipient',
};

function settle(record: MessageRecord, recipients: readonly RecipientOutcome[], after = 0, fraction = 0) {
  return settleAttempt(
    record,
    { upstream: 'office', outcome: { kind: 'answered', recipients, timing: { connecting: 5, sending: 7 } } },
    {
      now: record.acceptedAt + after,
      settings: settingsSchema.parse({}).queue,
      random: { fraction: () => fraction, bytes: (length) => Buffer.alloc(length) },
      waited: 2,
    },
  );
}

const to = (...addresses: string[]) =>
  messageRecord({ recipients: addresses.map((address) => ({ address, state: 'pending' as const })) });

describe('settling', () => {
  for (const [name, outcomes, state, attempts] of [
    ['all delivered', [delivered, delivered], 'delivered', 1],
    ['all rejected', [rejected, rejected], 'failed', 1],
    ['one rejected, one delivered', [rejected, delivered], 'failed', 1],
    ['one deferred, one delivered', [deferred, delivered], 'queued', 1],
    [
      'held by the test relay',
      [
        { kind: 'held', reply },
        { kind: 'held', reply },
      ],
      'held',
      1,
    ],
    ['waiting for a quota', [{ kind: 'deferred', reply: busy, reason: 'quota' }, delivered], 'queued', 1],
    [
      'waiting for nothing but free connections',
      [
        { kind: 'deferred', reply: busy, reason: 'connections' },
        { kind: 'deferred', reply: busy, reason: 'connections' },
      ],
      'queued',
      0,
    ],
  ] as const) {
    it(`makes a message ${state} when its recipients are ${name}`, () => {
      const { record } = settle(to('a@x.example', 'b@x.example'), outcomes);
      expect(record.state).to.equal(state);
      expect(record.attempts).to.equal(attempts);
      expect(record.finishedAt === undefined).to.equal(state === 'queued' || state === 'held');
    });
  }

  it('tries only the unfinished recipients again', () => {
    const first = settle(to('a@x.example', 'b@x.example', 'c@x.example'), [
      delivered,
      deferred,
      rejected,
    ]).record;
    expect(unfinishedRecipients(first).map(({ address }) => address)).to.deep.equal(['b@x.example']);
    const second = settle(first, [delivered]).record;
    expect(second.recipients.map(({ state }) => state)).to.deep.equal(['delivered', 'delivered', 'failed']);
    expect(second.state).to.equal('failed');
  });

  it('follows the schedule of the settings', () => {
    let record = to('a@x.example');
    for (const wait of [30_000, 60_000, 120_000]) {
      record = settle(record, [deferred]).record;
      expect(record.nextAttemptAt - record.acceptedAt).to.equal(wait);
    }
  });

  it('waits as long as an upstream says, and spreads what came together', () => {
    for (const [reason, fraction, wait] of [
      ['connections', 0, 7000],
      ['connections', 1, 10_500],
      ['quota', 0, 7000],
      ['quota', 1, 7700],
    ] as const) {
      const outcome = { kind: 'deferred', reply: busy, reason, retryAfter: 7000 } as const;
      const { record } = settle(to('a@x.example'), [outcome], 0, fraction);
      expect(record.nextAttemptAt - record.acceptedAt, `${reason} ${fraction}`).to.equal(wait);
    }
  });

  it('gives up with the last words of the server when the message has expired', () => {
    const { record, event, failed } = settle(
      to('a@x.example', 'b@x.example'),
      [deferred, delivered],
      73 * HOUR,
    );
    expect(record.state).to.equal('failed');
    expect(failed).to.deep.include({
      address: 'a@x.example',
      state: 'failed',
      reply: busy,
      reason: 'expired',
      upstream: 'office',
      settledAt: record.acceptedAt + 73 * HOUR,
    });
    expect(event.recipients.map(({ result }) => result)).to.deep.equal(['expired', 'delivered']);
  });

  it('marks a possible duplicate when the final reply was lost, and when it is sent again', () => {
    const doubt: RecipientOutcome = { kind: 'deferred', reply: busy, reason: 'in-doubt' };
    const first = settle(to('a@x.example'), [doubt]);
    expect(first.event.possibleDuplicate).to.equal(true);
    expect(settle(first.record, [delivered]).event.possibleDuplicate).to.equal(true);
  });

  it('leaves a recipient alone for whom the transport has no answer', () => {
    const { record } = settle(to('a@x.example', 'b@x.example'), [delivered]);
    expect(record.recipients.map(({ state }) => state)).to.deep.equal(['delivered', 'pending']);
    expect(record.state).to.equal('queued');
  });

  it('gives up on a message whose upstream stayed away', () => {
    const { record, failed } = expireMessage(to('a@x.example'), 5, 'office', 'no route to host');
    expect(record.state).to.equal('failed');
    expect(failed[0]?.reply?.text).to.equal('no route to host');
  });
});
