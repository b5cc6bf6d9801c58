import { expect } from 'chai';
import { createRefusedSizes } from '../../src/delivery/refused-sizes.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { relaySettings, startRelay } from '../support/relay.ts';
import { startScriptedServer } from '../support/scripted-smtp-server.ts';
import { SmtpClient } from '../support/smtp-client.ts';

const HOUR = 3_600_000;

const upstream = (name: string, port: number) => ({
  name,
  kind: 'smtp',
  host: '127.0.0.1',
  port,
  security: 'none',
});

describe('sizes that an upstream refused', () => {
  it('are known for an hour, and the smallest counts', () => {
    const clock = new ManualClock();
    const sizes = createRefusedSizes(clock);
    expect(sizes.refuses(1e12)).to.equal(false);
    sizes.refused(5_000_000);
    sizes.refused(4_000_000);
    sizes.refused(6_000_000);
    expect(sizes.refuses(4_000_000)).to.equal(true);
    expect(sizes.refuses(3_999_999)).to.equal(false);
    clock.advance(HOUR);
    expect(sizes.refuses(1e12)).to.equal(false);
    sizes.refused(9_000_000);
    expect(sizes.refuses(4_000_000)).to.equal(false);
  });

  it('of small messages say nothing', () => {
    const sizes = createRefusedSizes(new ManualClock());
    sizes.refused(999_999);
    expect(sizes.refuses(1e12)).to.equal(false);
  });

  it('are told to the next device before it sends, and to no other', async () => {
    const server = await startScriptedServer({
      script: { final: { reply: '552 5.3.4 Message size exceeds fixed limit' } },
    });
    const other = await startScriptedServer();
    const relay = await startRelay(
      relaySettings({
        upstreams: [upstream('small', server.port), upstream('large', other.port)],
        routes: [{ recipientDomain: 'example.org', upstream: 'large' }],
        defaultUpstream: 'small',
      }),
    );
    try {
      const content = `Subject: scan\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(20_000)}`;
      const { id } = await relay.send({ content });
      await relay.reaches(id, 'failed');
      const ask = async (size: number, recipient: string): Promise<string> => {
        const client = await SmtpClient.ready(relay.port());
        await client.ask(`MAIL FROM:<printer@example.com> SIZE=${size}`);
        await client.ask(`RCPT TO:<${recipient}>`);
        const { text } = await client.ask('DATA');
        client.destroy();
        return text;
      };
      expect(await ask(5_000_000, 'a@example.net')).to.match(/^552 5\.3\.4 .*too large for the mail server/);
      expect(await ask(500_000, 'a@example.net')).to.match(/^354 /);
      expect(await ask(5_000_000, 'a@example.org')).to.match(/^354 /);
    } finally {
      await relay.remove();
      await server.close();
      await other.close();
    }
  });
});
