import { isAscii } from 'node:buffer';
import { expect } from 'chai';
import type { EnvelopeRecipient } from '../../src/message/envelope.ts';
import { bodyOf, closeAll, deliver, message, startUpstream, summary, to } from './support.ts';

const ONE_BAD = {
  rcpt: ({ line }: { line: string }) =>
    line.includes('bad@')
      ? { reply: '550 5.1.1 nobody' }
      : line.includes('slow@')
        ? { reply: '451 4.7.1 greylisted' }
        : undefined,
};

describe('the envelope of an SMTP transaction', () => {
  afterEach(closeAll);

  for (const extensions of [['PIPELINING'], []]) {
    const how = extensions.length > 0 ? 'pipelined' : 'step by step';
    it(`answers for each recipient (${how})`, async () => {
      const { server, upstreams } = await startUpstream({ extensions, script: ONE_BAD });
      const recipients = to('a@example.org', 'bad@example.org', 'slow@example.org', 'b@example.org');
      const { outcome } = await deliver(upstreams, message(), recipients);
      expect(summary(outcome)).to.equal('delivered, rejected recipient, deferred busy, delivered');
      expect(server.transactions[0]?.recipients).to.have.length(2);
      expect(outcome).to.have.nested.property('recipients[1].reply.enhanced', '5.1.1');
    });

    it(`goes on with the same connection when all recipients are refused (${how})`, async () => {
      const { server, upstreams } = await startUpstream({ extensions, script: ONE_BAD });
      const first = await deliver(upstreams, message(), to('bad@example.org', 'slow@example.org'));
      expect(summary(first.outcome)).to.equal('rejected recipient, deferred busy');
      const second = await deliver(upstreams);
      expect(summary(second.outcome)).to.equal('delivered');
      expect(server.connections()).to.equal(1);
      expect(server.lines).to.include('RSET');
    });

    it(`goes on when the sender is refused (${how})`, async () => {
      const { server, upstreams } = await startUpstream({
        extensions,
        script: { mail: { reply: '550 5.1.8 no such domain' } },
      });
      expect(summary((await deliver(upstreams)).outcome)).to.equal('rejected sender');
      server.setScript({});
      expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
      expect(server.connections()).to.equal(1);
    });
  }

  it('splits recipients above the limit into several transactions', async () => {
    const { server, upstreams } = await startUpstream({}, { limits: { recipientsPerMessage: 2 } });
    const { outcome } = await deliver(
      upstreams,
      message(),
      to('a@x.test', 'b@x.test', 'c@x.test', 'd@x.test', 'e@x.test'),
    );
    expect(summary(outcome)).to.equal('delivered, delivered, delivered, delivered, delivered');
    expect(server.transactions.map(({ recipients }) => recipients.length)).to.deep.equal([2, 2, 1]);
  });

  it('makes another transaction for recipients that are too many for one', async () => {
    let taken = 0;
    const { server, upstreams } = await startUpstream({
      script: {
        mail: () => {
          taken = 0;
          return undefined;
        },
        rcpt: () => (++taken > 2 ? { reply: '452 4.5.3 too many recipients' } : undefined),
      },
    });
    const { outcome } = await deliver(
      upstreams,
      message(),
      to('a@x.test', 'b@x.test', 'c@x.test', 'd@x.test', 'e@x.test'),
    );
    expect(summary(outcome)).to.equal('delivered, delivered, delivered, delivered, delivered');
    expect(server.transactions.map(({ recipients }) => recipients.length)).to.deep.equal([2, 2, 1]);
  });

  it('passes DSN parameters on for each recipient, where the server offers DSN', async () => {
    const recipients: readonly EnvelopeRecipient[] = [
      { address: 'a@x.test', notify: ['SUCCESS', 'DELAY'], originalRecipient: 'rfc822;first+40x.test' },
      { address: 'b@x.test', notify: ['NEVER'] },
      { address: 'c@x.test' },
    ];
    const sent = message({ returnContent: 'HDRS', envelopeId: 'QQ+2B314' });
    const { server, upstreams } = await startUpstream({ extensions: ['PIPELINING', 'DSN'] });
    const { outcome } = await deliver(upstreams, sent, recipients);
    expect(server.transactions[0]?.mail).to.equal('MAIL FROM:<scanner@example.com> RET=HDRS ENVID=QQ+2B314');
    expect(server.transactions[0]?.recipients).to.deep.equal([
      'RCPT TO:<a@x.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+40x.test',
      'RCPT TO:<b@x.test> NOTIFY=NEVER',
      'RCPT TO:<c@x.test>',
    ]);
    expect(outcome).to.have.property('dsnPassedOn', true);
    const plain = await startUpstream({ extensions: ['PIPELINING'] });
    const without = await deliver(plain.upstreams, sent, recipients);
    expect(plain.server.transactions[0]?.recipients[0]).to.equal('RCPT TO:<a@x.test>');
    expect(without.outcome).not.to.have.property('dsnPassedOn');
  });

  it('refuses a message above the limit of the server without sending it', async () => {
    const { server, upstreams } = await startUpstream({ extensions: ['SIZE 20'] });
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('rejected content');
    expect(outcome).to.have.nested.property('recipients[0].reply.enhanced', '5.3.4');
    expect(server.lines.filter((line) => line.startsWith('MAIL'))).to.deep.equal([]);
  });

  it('declares 8-bit content and SMTPUTF8 where they are offered', async () => {
    const { server, upstreams } = await startUpstream();
    const sent = message({ eightBit: true, smtpUtf8: true, body: bodyOf('Subject: grüße\r\n\r\nä\r\n') });
    expect(summary((await deliver(upstreams, sent, to('jörg@x.test'))).outcome)).to.equal('delivered');
    expect(server.transactions[0]?.mail).to.match(/ BODY=8BITMIME SMTPUTF8$/);
    expect(server.transactions[0]?.recipients).to.deep.equal(['RCPT TO:<jörg@x.test>']);
  });

  for (const extensions of [['SMTPUTF8'], ['8BITMIME'], []]) {
    it(`converts 8-bit content and headers for a server with ${extensions.join() || 'nothing'} only`, async () => {
      const { upstreams, server } = await startUpstream({ extensions });
      const text = 'From: <a@example.com>\r\nSubject: grüße\r\n\r\nä\r\n';
      const sent = message({ eightBit: true, smtpUtf8: true, body: bodyOf(text) });
      expect(summary((await deliver(upstreams, sent)).outcome)).to.equal('delivered');
      expect(server.transactions[0]?.mail).to.equal('MAIL FROM:<scanner@example.com>');
      const body = server.transactions[0]?.body ?? Buffer.alloc(0);
      expect(isAscii(body)).to.equal(true);
      expect(body.toString())
        .to.match(/Content-Transfer-Encoding: quoted-printable\r\n/)
        .and.to.match(/=C3=A4/);
    });
  }

  it('leaves 8-bit content alone where the header is ASCII and the server lacks only SMTPUTF8', async () => {
    const { upstreams, server } = await startUpstream({ extensions: ['8BITMIME'] });
    const text = 'Subject: x\r\n\r\nä\r\n';
    await deliver(upstreams, message({ eightBit: true, smtpUtf8: true, body: bodyOf(text) }));
    expect(server.transactions[0]?.body.toString()).to.equal(text);
  });

  const stubborn: readonly (readonly [name: string, content: () => string | readonly Buffer[]])[] = [
    ['signed', () => 'Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nä\r\n--b--\r\n'],
    ['above 16 MiB', () => [Buffer.from('Subject: x\r\n\r\nä\r\n'), Buffer.alloc((16 << 20) + 2, 'x\r\n')]],
  ];
  for (const [name, content] of stubborn) {
    it(`refuses 8-bit content that is ${name} where the server does not take it`, async () => {
      const { upstreams, server } = await startUpstream({ extensions: [] });
      const { outcome } = await deliver(upstreams, message({ eightBit: true, body: bodyOf(content()) }));
      expect(summary(outcome)).to.equal('rejected content');
      expect(outcome).to.have.nested.property('recipients[0].reply.enhanced', '5.6.3');
      expect(server.lines.some((line) => line.startsWith('MAIL'))).to.equal(false);
    });
  }

  it('refuses only the recipient that needs SMTPUTF8 where it is not offered', async () => {
    const { server, upstreams } = await startUpstream({ extensions: ['PIPELINING'] });
    const { outcome } = await deliver(upstreams, message(), to('jörg@x.test', 'b@x.test'));
    expect(summary(outcome)).to.equal('rejected content, delivered');
    expect(outcome).to.have.nested.property('recipients[0].reply.enhanced', '5.6.7');
    expect(server.transactions[0]?.recipients).to.have.length(1);
  });

  for (const address of [
    'a@x.test>\r\nRSET\r\nMAIL FROM:<b@x.test',
    'a@x.test> NOTIFY=NEVER',
    'a b@x.test',
    'a\u0000@x.test',
    'a\n@x.test',
  ]) {
    it(`never says an address that would be another command: ${JSON.stringify(address)}`, async () => {
      const { server, upstreams } = await startUpstream();
      const { outcome } = await deliver(upstreams, message(), to(address, 'b@x.test'));
      expect(summary(outcome)).to.equal('rejected other, delivered');
      expect(server.lines.filter((line) => !/^(EHLO|MAIL|RCPT|DATA)/.test(line))).to.deep.equal([]);
      const other = await deliver(upstreams, message({ sender: address }), to('b@x.test'));
      expect(summary(other.outcome)).to.equal('rejected other');
    });
  }

  it('says a quoted local part', async () => {
    const { server, upstreams } = await startUpstream();
    await deliver(upstreams, message(), to('"a b"@x.test'));
    expect(server.transactions[0]?.recipients).to.deep.equal(['RCPT TO:<"a b"@x.test>']);
  });
});
