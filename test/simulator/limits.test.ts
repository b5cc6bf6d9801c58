import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  applicationToken,
  secureClient,
  signedInClient,
  webCall,
  xoauth2,
} from '../support/simulator-client.ts';
import { until } from '../support/until.ts';

const MESSAGE = 'From: relay@example.com\r\nTo: a@example.net\r\n\r\nlow';
const DAY = 24 * 3_600_000;

describe('limits and rights at the simulated Exchange Online', () => {
  let clock: ManualClock;
  let simulator: Simulator;
  let token = '';

  beforeEach(async () => {
    clock = new ManualClock();
    simulator = await startSimulator({ clock });
    token = await applicationToken(simulator);
  });
  afterEach(() => simulator.close());

  const authReply = async (user: string, given: string) => {
    const client = await secureClient(simulator);
    const reply = await client.ask(`AUTH XOAUTH2 ${xoauth2(user, given)}`);
    client.destroy();
    return reply.text;
  };

  it('lets three connections of a mailbox in, and a fourth one when another has gone', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => signedInClient(simulator, token)));
    expect(await authReply('relay@example.com', token)).to.match(
      /^432 4\.3\.2 Concurrent connections limit exceeded/,
    );
    expect(simulator.counters().throttled).to.equal(1);
    await clients[0]?.quit();
    await until(async () => (await authReply('relay@example.com', token)).startsWith('235'), 'there is room');
    for (const client of clients) client.destroy();
  });

  it('holds the thirty-first message of a minute back until there is room', async () => {
    const client = await signedInClient(simulator, token);
    for (let number = 0; number < 30; number += 1) {
      expect((await client.message('relay@example.com', ['a@example.net'], MESSAGE)).code).to.equal(250);
    }
    const late = client.message('relay@example.com', ['a@example.net'], MESSAGE);
    await until(() => simulator.counters().delayed === 1, 'it is held back');
    expect(simulator.messages()).to.have.length(30);
    clock.advance(60_000);
    expect((await late).code).to.equal(250);
    expect(simulator.counters().throttled).to.equal(0);
    await client.quit();
  });

  it('refuses the 10,001st recipient of a day, and takes it on the next', async () => {
    const client = await signedInClient(simulator, token);
    const recipients = Array.from({ length: 500 }, (_, number) => `r${number}@example.net`);
    for (let number = 0; number < 20; number += 1) {
      client.write(
        `MAIL FROM:<relay@example.com>\r\n${recipients.map((to) => `RCPT TO:<${to}>\r\n`).join('')}DATA\r\n`,
      );
      const replies = await client.replies(502);
      expect(replies.at(-1)?.code).to.equal(354);
      client.write(`${MESSAGE}\r\n.\r\n`);
      expect((await client.reply()).code).to.equal(250);
    }
    const over = await client.message('relay@example.com', ['a@example.net'], MESSAGE);
    expect(over.text).to.contain('554 5.2.0').and.to.contain('SubmissionQuotaExceededException');
    clock.advance(DAY);
    expect((await client.message('relay@example.com', ['a@example.net'], MESSAGE)).code).to.equal(250);
    await client.quit();
  }).timeout(10_000);

  it('refuses more than 500 recipients of one message', async () => {
    const client = await signedInClient(simulator, token);
    await client.ask('MAIL FROM:<relay@example.com>');
    const many = Array.from({ length: 501 }, (_, number) => `RCPT TO:<r${number}@example.net>\r\n`);
    client.write(many.join(''));
    const replies = await client.replies(501);
    expect(replies.filter(({ code }) => code === 250)).to.have.length(500);
    expect(replies.at(-1)?.text).to.contain('452 4.5.3 Too many recipients');
    client.destroy();
  });

  it('wants a token that lives ten minutes more, that was not revoked, and is for Exchange and the mailbox', async () => {
    const refused = /^535 5\.7\.3 Authentication unsuccessful \[.+ \d{4}-.+ [0-9A-F]{16}\]$/;
    expect(await authReply('nobody@example.com', token)).to.match(refused);
    expect(await authReply('relay@example.com', `${token}x`)).to.match(refused);
    const graph = await applicationToken(simulator, 'https://graph.microsoft.com/.default');
    expect(await authReply('relay@example.com', graph)).to.match(refused);
    simulator.register({ mailbox: { email: 'ungranted@example.com', granted: false } });
    expect(await authReply('ungranted@example.com', token)).to.match(refused);
    clock.advance(51 * 60_000);
    expect(await authReply('relay@example.com', token)).to.match(/^501 5\.5\.127 /);
    clock.advance(10 * 60_000);
    expect(await authReply('relay@example.com', token)).to.match(refused);
    const fresh = await applicationToken(simulator);
    simulator.revoke('tokens');
    expect(await authReply('relay@example.com', fresh)).to.match(refused);
    expect(await authReply('relay@example.com', await applicationToken(simulator))).to.match(/^235/);
  });

  it('lets a mailbox send as itself and as what it was granted only', async () => {
    const client = await signedInClient(simulator, token);
    const other = MESSAGE.replace('relay@', 'scanner@');
    const denied = await client.message('relay@example.com', ['a@example.net'], other);
    expect(denied.text).to.contain('554 5.2.252 SendAsDenied; relay@example.com not allowed to send as');
    simulator.register({ mailbox: { email: 'relay@example.com', sendAs: ['Scanner@example.com'] } });
    expect((await client.message('scanner@example.com', ['a@example.net'], other)).code).to.equal(250);
    await client.quit();
  });

  it('refuses passwords, clear text and what is no token line', async () => {
    const client = await secureClient(simulator);
    expect((await client.ask('AUTH LOGIN')).text).to.equal('334 VXNlcm5hbWU6');
    expect((await client.ask('cmVsYXlAZXhhbXBsZS5jb20=')).text).to.equal('334 UGFzc3dvcmQ6');
    expect((await client.ask('c2ltdWxhdG9y')).text)
      .to.contain('535 5.7.139')
      .and.to.contain('basic authentication is disabled');
    expect((await client.ask('AUTH XOAUTH2 !!!')).code).to.equal(501);
    expect((await client.ask('MAIL FROM:<relay@example.com>')).text).to.contain('530 5.7.57');
    await client.quit();
    const { smtp } = simulator.microsoft;
    const { SmtpClient } = await import('../support/smtp-client.ts');
    const clear = await SmtpClient.ready(smtp.port);
    expect((await clear.ask(`AUTH XOAUTH2 ${xoauth2('relay@example.com', token)}`)).code).to.equal(530);
    await clear.quit();
  });

  it('makes tokens of 500 to 5,000 characters and takes them in one line or two', async () => {
    for (const tokenLength of [500, 2000, 5000]) {
      const other = await startSimulator({ tokenLength });
      try {
        const long = await applicationToken(other);
        expect(long.length).to.be.within(tokenLength, Math.max(tokenLength + 8, 1200));
        const client = await signedInClient(other, long);
        await client.quit();
        const second = await secureClient(other);
        await second.ask('AUTH XOAUTH2');
        expect((await second.ask(xoauth2('relay@example.com', long))).code).to.equal(235);
        await second.quit();
      } finally {
        await other.close();
      }
    }
  });

  it('refuses a fifth request at once to Graph, and says when to come back', async () => {
    const graph = await applicationToken(simulator, 'https://graph.microsoft.com/.default');
    simulator.behave({ scenario: 'api-slow' });
    const ask = () =>
      webCall(simulator, `${simulator.microsoft.api}/v1.0/users/relay@example.com/sendMail`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${graph}`, 'Content-Type': 'text/plain' },
        body: Buffer.from(MESSAGE).toString('base64'),
      });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(ask));
    expect(answers.map(({ status }) => status)).to.have.members([202, 202, 202, 202, 429]);
    const throttled = answers.find(({ status }) => status === 429);
    expect(throttled?.headers['retry-after']).to.equal('1');
    expect(throttled?.text).to.contain('MailboxConcurrency');
  });
});
