import { expect } from 'chai';
import { Receiving } from '../../src/inbound/receiving.ts';
import { createIntake, type IntakeOptions } from '../../src/message/intake.ts';
import type { AcceptedContent, AcceptedEnvelope } from '../../src/queue/accepting.ts';
import { createFakeQueue } from '../support/fake-queue.ts';

const options: IntakeOptions = {
  id: 'ID',
  hostname: 'relay.example',
  greeting: 'x',
  address: '192.0.2.1',
  extended: true,
  authenticated: false,
  smtpUtf8: false,
  recipients: [],
  now: 0,
  sender: '',
  bareLineFeeds: 'normalise',
  nulBytes: 'refuse',
};

const accepted = (content: AcceptedContent): AcceptedEnvelope => ({
  kind: 'mail',
  origin: { client: 'c', listener: 'l', address: '192.0.2.1', greeting: 'x' },
  envelope: { sender: '', recipients: [], eightBit: false, smtpUtf8: false },
  receiving: 0,
  content,
});

function receiving(maxSize = 1_000_000) {
  const queue = createFakeQueue();
  return { queue, it: new Receiving(queue.begin(), createIntake(options), { maxSize, hops: 50 }) };
}

describe('receiving', () => {
  it('keeps nothing when the client goes while the last piece is written', async () => {
    const { queue, it: message } = receiving();
    const { promise, resolve } = Promise.withResolvers<void>();
    // Large enough to be written at once, and without the line end that only `finish` adds.
    void message.push(Buffer.from(`Subject: x\r\n\r\n${'text'.repeat(1_000)}`));
    queue.slow = promise;
    const finished = message.finish(accepted);
    await new Promise(setImmediate);
    message.abandon();
    resolve();
    const result = await finished;
    expect(result.reply.code).to.equal(451);
    expect(result.cause, 'the queue was not asked to commit what it had given up').to.equal(undefined);
    expect(queue.messages).to.deep.equal([]);
    expect(queue.aborted).to.equal(1);
  });

  it('keeps the message when the client goes while it is committed', async () => {
    const { queue, it: message } = receiving();
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.hold = promise;
    void message.push(Buffer.from('Subject: x\r\n\r\ntext\r\n'));
    const finished = message.finish(accepted);
    await new Promise(setImmediate);
    message.abandon();
    resolve();
    expect((await finished).reply.code).to.equal(250);
    expect(queue.messages).to.have.length(1);
    expect(queue.aborted).to.equal(0);
  });

  it('puts tiny pieces together in order', async () => {
    const { queue, it: message } = receiving();
    const text = `Subject: x\r\n\r\n${Array.from({ length: 9_000 }, (_, index) => `line ${index}\r\n`).join('')}`;
    const bytes = Buffer.from(text);
    let waits = 0;
    for (let start = 0, size = 1; start < bytes.length; start += size, size = (size * 7) % 2_003) {
      const wait = message.push(bytes.subarray(start, start + size));
      if (wait !== undefined) waits += 1;
    }
    expect((await message.finish(accepted)).reply.code).to.equal(250);
    expect(waits).to.equal(0);
    expect(queue.messages[0]?.body.toString()).to.include(text.slice(text.indexOf('line 0')));
  });

  it('is endless only when it was refused and goes on beyond twice the size', () => {
    const { it: message } = receiving(100_000);
    const piece = Buffer.alloc(50_000, 'text\r\n');
    const endless: boolean[] = [];
    for (let index = 0; index < 7; index += 1) {
      void message.push(piece);
      endless.push(message.endless);
    }
    expect(endless).to.deep.equal([false, false, false, false, false, true, true]);
    expect(message.refusal?.enhanced).to.equal('5.3.4');
  });

  it('answers with what the store said when a piece could not be written', async () => {
    const { queue, it: message } = receiving();
    queue.writeError = new Error('disk on fire');
    await message.push(Buffer.alloc(5_000, 'text\r\n\r\n'));
    const result = await message.finish(accepted);
    expect(result.reply.code).to.equal(451);
    expect(result.reply.text).not.to.include('fire');
    expect(String(result.cause)).to.include('fire');
    expect(queue.aborted).to.equal(1);
  });
});
