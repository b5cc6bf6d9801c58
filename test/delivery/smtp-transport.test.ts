import { expect } from 'chai';
import type { Script } from '../support/scripted-smtp-server.ts';
import { bodyOf, closeAll, deliver, message, startUpstream, summary, to } from './support.ts';

describe('the SMTP transport', () => {
  afterEach(closeAll);

  it('hands over a message byte for byte', async () => {
    const { server, upstreams } = await startUpstream();
    const text = 'Subject: x\r\n\r\n.\r\n..two\r\n.one\r\nplain.\r\n\r\n.\r\n';
    const { outcome } = await deliver(
      upstreams,
      message({ body: bodyOf(text) }),
      to('a@example.org', 'b@example.org'),
    );
    expect(summary(outcome)).to.equal('delivered, delivered');
    expect(server.transactions).to.have.length(1);
    expect(server.transactions[0]?.body.toString()).to.equal(text);
    expect(server.transactions[0]?.mail).to.equal('MAIL FROM:<scanner@example.com> SIZE=43');
    expect(server.transactions[0]?.recipients).to.deep.equal([
      'RCPT TO:<a@example.org>',
      'RCPT TO:<b@example.org>',
    ]);
  });

  it('uses a warm connection again and says QUIT in the end', async () => {
    const { server, upstreams } = await startUpstream();
    expect(await deliver(upstreams)).to.have.nested.property('outcome.reused', false);
    const { outcome } = await deliver(upstreams);
    expect(outcome).to.include({ kind: 'answered', reused: true });
    expect(outcome.timing.connecting).to.equal(0);
    await upstreams.close();
    expect(server.connections()).to.equal(1);
    expect(server.quits()).to.equal(1);
  });

  /** More than the buffers of the system hold, so that its end stays with us when the server goes away. */
  const large = bodyOf(Array.from({ length: 64 }, () => Buffer.from('line of text\r\n'.repeat(18_000))));
  const cuts: readonly (readonly [name: string, script: Script, expected: string, isLarge?: boolean])[] = [
    ['at the banner', { banner: { cut: 'instead' } }, 'unavailable unreachable'],
    ['at EHLO', { ehlo: { cut: 'instead' } }, 'unavailable unreachable'],
    ['at MAIL', { mail: { cut: 'instead' } }, 'deferred busy'],
    ['at RCPT', { rcpt: { cut: 'instead' } }, 'deferred busy'],
    ['at DATA', { data: { cut: 'instead' } }, 'deferred busy'],
    ['behind the reply to DATA', { data: { cut: 'after' } }, 'deferred busy', true],
    ['in the middle of the body', { body: { cut: 'instead', afterBytes: 100_000 } }, 'deferred busy', true],
    ['behind the end of the message', { final: { cut: 'instead' } }, 'deferred in-doubt'],
    ['behind the final reply', { final: { reply: '250 2.0.0 ok', cut: 'after' } }, 'delivered'],
  ];
  for (const [name, script, expected, isLarge] of cuts) {
    it(`answers right when the server cuts ${name}`, async () => {
      const { upstreams } = await startUpstream({ script });
      const { outcome } = await deliver(upstreams, message(isLarge ? { body: large } : {}));
      expect(summary(outcome)).to.equal(expected);
    });
  }
});
