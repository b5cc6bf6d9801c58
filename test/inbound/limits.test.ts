import { expect } from 'chai';
import { makeSelfSigned } from '../support/certificates.ts';
import { createFakeQueue } from '../support/fake-queue.ts';
import { oneListener, startInbound, type TestInbound } from '../support/inbound.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

describe('limits and deadlines', () => {
  let test: TestInbound | undefined;
  let clock: ManualClock;
  const clients: SmtpClient[] = [];

  async function start(listener: Parameters<typeof oneListener>[0] = {}): Promise<TestInbound> {
    clock = new ManualClock();
    test = await startInbound(oneListener(listener), { clock });
    return test;
  }

  async function open(): Promise<SmtpClient> {
    const client = await SmtpClient.open(test?.port() ?? 0);
    clients.push(client);
    return client;
  }

  async function ready(): Promise<SmtpClient> {
    const client = await open();
    await client.reply();
    await client.ask('EHLO x');
    return client;
  }

  /** Lets bytes arrive and time pass, in steps, until the client is cut off; answers how long that took. */
  async function timeUntilCut(
    client: SmtpClient,
    step: number,
    each: () => void,
    most: number,
  ): Promise<number> {
    let passed = 0;
    while (!client.isClosed && passed < most) {
      each();
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
      clock.advance(step);
      passed += step;
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    }
    await client.closed();
    return passed;
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    const stopping = test?.stop();
    clock.advance(1_000);
    await stopping;
    test = undefined;
  });

  it('cut off an idle client', async () => {
    await start({ limits: { idle: '2m' } });
    const client = await ready();
    const passed = await timeUntilCut(client, 10_000, () => undefined, 600_000);
    expect(passed).to.be.within(120_000, 140_000);
    expect(client.unread).to.match(/^421 4\.4\.2 /);
  });

  it('cut off a client that never completes a command', async () => {
    await start();
    const client = await ready();
    const passed = await timeUntilCut(client, 1_000, () => client.write('x'), 600_000);
    expect(passed).to.be.within(60_000, 65_000);
    expect(client.unread).to.match(/^421 4\.4\.2 /);
  });

  it('cut off a client that stays without sending a message', async () => {
    await start({ limits: { session: '10m', idle: '5m' } });
    const client = await ready();
    const passed = await timeUntilCut(client, 10_000, () => client.write('NOOP\r\n'), 3_600_000);
    expect(passed).to.be.within(600_000, 620_000);
    expect(client.unread).to.match(/421 4\.4\.2 .*message.*\r\n$/);
  });

  it('cut off a message that comes too slowly, and keep nothing of it', async () => {
    const { queue } = await start({ limits: { minimumDataRate: 100 } });
    const client = await ready();
    await client.ask('MAIL FROM:<>');
    await client.ask('RCPT TO:<c@d.example>');
    await client.ask('DATA');
    const slow = await timeUntilCut(client, 1_000, () => client.write('x'.repeat(50)), 600_000);
    expect(slow).to.be.within(60_000, 65_000);
    await until(() => queue.aborted === 1, 'the message is given up');
  });

  it('let a message come as slowly as is allowed', async () => {
    await start({ limits: { minimumDataRate: 100, idle: '1m' } });
    const client = await ready();
    await client.ask('MAIL FROM:<>');
    await client.ask('RCPT TO:<c@d.example>');
    await client.ask('DATA');
    for (let second = 0; second < 300; second += 1) {
      await client.send('x'.repeat(150));
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
      clock.advance(1_000);
    }
    expect((await client.ask('\r\n.')).code).to.equal(250);
  });

  it('do not cut off a client that waits for us', async () => {
    const queue = createFakeQueue();
    clock = new ManualClock();
    test = await startInbound(oneListener({ limits: { idle: '1m', session: '2m' } }), { clock, queue });
    const { promise, resolve: release } = Promise.withResolvers<void>();
    queue.hold = promise;
    const client = await ready();
    await client.ask('MAIL FROM:<>');
    await client.ask('RCPT TO:<c@d.example>');
    await client.ask('DATA');
    client.write('x\r\n.\r\n');
    await until(() => queue.written > 0, 'the message is being committed');
    clock.advance(300_000);
    release();
    expect((await client.reply()).code).to.equal(250);
  });

  it('let in only so many connections, in all and per address, and count them out', async () => {
    await start({ limits: { connections: 3, connectionsPerAddress: 2 } });
    const first = await ready();
    await ready();
    const third = await open();
    expect((await third.reply()).text).to.match(/^421 4\.7\.0 .*your address/);
    await third.closed();
    await first.quit();
    first.destroy();
    await until(async () => {
      const again = await open();
      return (await again.reply()).code === 220;
    }, 'a place is free again');
    test?.change(oneListener({ limits: { connections: 1, connectionsPerAddress: 2 } }));
    await until(async () => (await (await open()).reply()).enhanced === '4.3.2', 'the new limit is in force');
  });

  it('let in only so many messages per connection', async () => {
    await start({ limits: { messagesPerConnection: 2 } });
    const client = await ready();
    expect((await client.message('', ['c@d.example'], 'x')).code).to.equal(250);
    expect((await client.message('', ['c@d.example'], 'x')).code).to.equal(250);
    expect((await client.ask('MAIL FROM:<>')).text).to.match(/^421 4\.7\.0 /);
    await client.closed();
  });

  it('cut off who never finishes the TLS handshake', async () => {
    clock = new ManualClock();
    test = await startInbound(oneListener({ security: 'tls' }), {
      clock,
      certificates: { default: await makeSelfSigned() },
    });
    const client = await open();
    const passed = await timeUntilCut(client, 1_000, () => undefined, 120_000);
    expect(passed).to.be.within(30_000, 33_000);
  });

  it('cut off who says STARTTLS and then nothing, or nonsense for ever', async () => {
    clock = new ManualClock();
    test = await startInbound(oneListener({ security: 'starttls' }), {
      clock,
      certificates: { default: await makeSelfSigned() },
    });
    for (const byte of ['', '\x16']) {
      const client = await ready();
      await client.ask('STARTTLS');
      const passed = await timeUntilCut(client, 1_000, () => client.write(byte), 120_000);
      expect(passed).to.be.at.most(33_000);
    }
  });
});
