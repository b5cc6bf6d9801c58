import { expect } from 'chai';
import * as fc from 'fast-check';
import { oneListener, startInbound, type TestInbound } from '../support/inbound.ts';
import { SmtpClient } from '../support/smtp-client.ts';

/** A message to smuggle behind the first one. */
const SECOND =
  'MAIL FROM:<evil@evil.example>\r\nRCPT TO:<victim@d.example>\r\nDATA\r\nSubject: evil\r\n\r\nevil\r\n.\r\n';
const START = 'MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n';

const FALSE_ENDS: Readonly<Record<string, string>> = {
  'LF.LF': '\n.\n',
  'LF.CRLF': '\n.\r\n',
  'CRLF.LF': '\r\n.\n',
  'CR.CR': '\r.\r',
  'CR.CRLF': '\r.\r\n',
  'CRLF.CR': '\r\n.\r',
  'LF.CR': '\n.\r',
  'CR.LF': '\r.\n',
  'CRLF.CRCRLF': '\r\n.\r\r\n',
  'CRLF NUL.CRLF': '\r\n\0.\r\n',
  'CRLF.NUL CRLF': '\r\n.\0\r\n',
  'CRLF..CRLF': '\r\n..\r\n',
  'CRLF.space CRLF': '\r\n. \r\n',
  'CRNULLF.CRLF': '\r\0\n.\r\n',
};

describe('hostile clients', () => {
  let test: TestInbound | undefined;
  const clients: SmtpClient[] = [];

  async function ready(port = test?.port() ?? 0): Promise<SmtpClient> {
    const client = await SmtpClient.ready(port);
    clients.push(client);
    return client;
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await test?.stop();
    test = undefined;
  });

  describe('cannot smuggle a message', () => {
    for (const nulBytes of ['refuse', 'remove'] as const) {
      for (const [name, end] of Object.entries(FALSE_ENDS)) {
        for (const [where, before] of [
          ['in the middle', 'Subject: x\r\n\r\ntext'],
          ['on the first line', ''],
          ['behind a lone dot', '..\r\n..'],
        ] as const) {
          it(`with ${name} ${where}, NUL ${nulBytes}d`, async () => {
            const nul = end.includes('\0') && nulBytes === 'refuse';
            test = await startInbound(
              oneListener(
                {},
                { clients: [{ name: 'all', networks: ['127.0.0.1'], compatibility: { nulBytes } }] },
              ),
            );
            const client = await ready();
            // On the first line the line end in front of the dot is that of DATA itself.
            const first = before === '' && end.startsWith('\r\n') ? end.slice(2) : end;
            client.write(`${START}${before}${first}${SECOND}QUIT\r\n`);
            const codes = (await client.replies(5)).map(({ code }) => code);
            expect(codes).to.deep.equal([250, 250, 354, nul ? 550 : 250, 221]);
            expect(test.queue.messages).to.have.length(nul ? 0 : 1);
            const body = test.queue.messages[0]?.body.toString('latin1') ?? '';
            expect(body, 'leaves normalised').not.to.match(/\r(?!\n)|(?<!\r)\n|\0/);
            if (!nul) expect(body).to.include('Subject: evil');
          });
        }
      }
    }

    for (const [name, end] of Object.entries(FALSE_ENDS)) {
      it(`with ${name} inside a message that is too large`, async () => {
        test = await startInbound(oneListener({ maxMessageSize: '2000' }));
        const client = await ready();
        client.write(`${START}Subject: x\r\n\r\n${'x'.repeat(3_000)}${end}${SECOND}QUIT\r\n`);
        const codes = (await client.replies(5)).map(({ code }) => code);
        expect(codes).to.deep.equal([250, 250, 354, 552, 221]);
        expect(test.queue.messages).to.deep.equal([]);
      });
    }

    it('refuses bare line feeds where the client is told to', async () => {
      const compatibility = { bareLineFeeds: 'refuse' as const };
      test = await startInbound(
        oneListener({}, { clients: [{ name: 'all', networks: ['127.0.0.1'], compatibility }] }),
      );
      const client = await ready();
      expect((await client.message('', ['c@d.example'], 'Subject: x\n\ntext')).code).to.equal(550);
      expect((await client.message('', ['c@d.example'], 'Subject: x\r\n\r\ntext')).code).to.equal(250);
    });
  });

  it('get the same replies and messages at every split of a transcript', async function () {
    this.timeout(30_000);
    const users = [{ name: 'user', password: { env: 'X' } }];
    test = await startInbound(oneListener({ authentication: 'optional' }, { users }), {
      verifyPassword: async () => true,
    });
    const { queue } = test;
    const transcript = Buffer.from(
      `EHLO x\r\nNOOP\nAUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n${START}Subject: x\r\n\r\n..a\r\n.b\r\n\n.\n\r\n.\r\n` +
        `FOO\r\n\r\nMAIL FROM:<x\r\n${START}.\r\nRSET\r\n${START}\r.\r\r\n.\r\nQUIT\r\n`,
      'latin1',
    );
    const run = async (cuts: readonly number[]): Promise<unknown> => {
      queue.messages.length = 0;
      const client = await SmtpClient.open(test?.port() ?? 0);
      clients.push(client);
      await client.reply();
      let last = 0;
      for (const cut of cuts) {
        if (cut > last) await client.send(transcript.subarray(last, cut));
        last = Math.max(last, cut);
        await new Promise(setImmediate);
      }
      await client.send(transcript.subarray(last));
      const replies = (await client.closed()).replace(/ID\d+/g, 'ID');
      const bodies = queue.messages.map(({ body }) =>
        body
          .toString('latin1')
          .replace(/^Received:[^]*?\+0000\r\n/, '')
          .replace(/Date: .*|ID\d+/g, ''),
      );
      return { replies, bodies };
    };
    const expected = await run([]);
    expect(JSON.stringify(expected)).to.include('221 2.0.0 Bye');
    expect(queue.messages).to.have.length(3);
    for (let cut = 1; cut < transcript.length; cut += 1)
      expect(await run([cut]), `cut at ${cut}`).to.deep.equal(expected);
    const everyByte = Array.from({ length: transcript.length - 1 }, (_, index) => index + 1);
    expect(await run(everyByte), 'byte by byte').to.deep.equal(expected);
  });

  for (const [name, flood, bound] of [
    ['NOOP', 'NOOP\r\n', 101],
    ['RSET', 'RSET\r\n', 101],
    ['EHLO', 'EHLO x\r\n', 801],
    ['MAIL and RSET', 'MAIL FROM:<>\r\nRSET\r\n', 250],
    ['unknown commands', 'XYZ\r\n', 21],
    ['empty lines', '\r\n', 21],
    ['AUTH that is cancelled', 'AUTH LOGIN\r\n*\r\n', 41],
  ] as const) {
    it(`are cut off when they flood with ${name}`, async () => {
      test = await startInbound(oneListener({ authentication: 'optional' }));
      const client = await ready();
      client.write(flood.repeat(1_000));
      const answer = await client.closed();
      expect(answer).to.match(/\r\n421 4\.7\.0 [^\r]*\r\n$/);
      expect(answer.split('\r\n').length - 1).to.be.at.most(bound);
    });
  }

  it('may talk as long as they like when they send messages', async () => {
    test = await startInbound();
    const client = await ready();
    for (let index = 0; index < 5; index += 1) {
      client.write('NOOP\r\n'.repeat(60));
      await client.replies(60);
      expect((await client.message('', ['c@d.example'], 'x')).code).to.equal(250);
    }
  });

  it('get 452 beyond the recipients that are allowed, and are cut off at 100,000', async () => {
    test = await startInbound(oneListener({ limits: { recipients: 50 } }));
    const client = await ready();
    await client.ask('MAIL FROM:<>');
    const codes: number[] = [];
    for (let index = 0; index < 60; index += 1)
      codes.push((await client.ask(`RCPT TO:<u${index}@d.example>`)).code);
    expect(codes.filter((code) => code === 250)).to.have.length(50);
    expect(codes.filter((code) => code === 452)).to.have.length(10);
    expect((await client.ask('DATA')).code).to.equal(354);
    expect((await client.ask('Subject: x\r\n\r\n.')).code).to.equal(250);
    expect(test.queue.messages[0]?.envelope.recipients).to.have.length(50);
    await client.ask('MAIL FROM:<>');
    for (let index = 0; index < 100 && !client.isClosed; index += 1) {
      await client.send('RCPT TO:<u@d.example>\r\n'.repeat(1_000));
    }
    expect(await client.closed()).to.match(/421 4\.7\.0 Too many commands/);
  });

  for (const [name, text] of [
    ['in one piece', `NOOP ${'x'.repeat(10_000_000)}\r\n`],
    ['without an end', 'x'.repeat(10_000_000)],
  ] as const) {
    it(`are cut off at a line of 10 MB ${name}`, async () => {
      test = await startInbound();
      const client = await ready();
      await client.send(text).catch(() => undefined);
      expect(await client.closed()).to.match(/^(500 5\.5\.2 .*\r\n)?$/);
    });
  }

  it('get a message with a line of 10 MB through, whole', async () => {
    test = await startInbound();
    const client = await ready();
    expect(
      (await client.message('', ['c@d.example'], `Subject: x\r\n\r\n${'y'.repeat(10_000_000)}`)).code,
    ).to.equal(250);
    expect(test.queue.messages[0]?.body.length).to.be.above(10_000_000);
  });

  it('get 552 for a message that is too large, and are cut off at twice the size', async () => {
    test = await startInbound(oneListener({ maxMessageSize: '1 MiB' }));
    const { queue } = test;
    const client = await ready();
    const line = 'a line of sixty-four bytes, to be repeated until it is too much\n';
    expect((await client.message('', ['c@d.example'], line.repeat(20_000))).text).to.match(/^552 5\.3\.4 /);
    expect(queue.aborted).to.equal(1);
    await client.ask('MAIL FROM:<>');
    await client.ask('RCPT TO:<c@d.example>');
    await client.ask('DATA');
    const piece = Buffer.from(line.repeat(4_096));
    let sent = 0;
    for (; sent < 1_000_000_000 && !client.isClosed; sent += piece.length) await client.send(piece);
    expect(await client.closed()).to.match(/^(552 5\.3\.4 .*\r\n)?$/);
    expect(sent).to.be.below(50_000_000);
    expect(queue.written).to.be.below(4_000_000);
    expect(queue.messages).to.deep.equal([]);
  });

  it('get 554 for a loop', async () => {
    test = await startInbound(oneListener({ limits: { hops: 3 } }));
    const client = await ready();
    const hop = 'Received: from a by b; Mon, 2 Nov 2026 08:00:00 +0000\r\n';
    expect((await client.message('', ['c@d.example'], `${hop.repeat(3)}\r\nx`)).code).to.equal(250);
    expect((await client.message('', ['c@d.example'], `${hop.repeat(4)}\r\nx`)).text).to.match(
      /^554 5\.4\.6 /,
    );
  });

  it('get 552 for a header without end', async () => {
    test = await startInbound();
    const client = await ready();
    const header = `X-Long: ${'y'.repeat(70)}\r\n`.repeat(4_000);
    expect((await client.message('', ['c@d.example'], header)).text).to.match(/^552 5\.3\.4 /);
  });

  it('do not bring it down with random commands', async function () {
    this.timeout(30_000);
    test = await startInbound(oneListener({ authentication: 'optional', limits: { errors: 50 } }), {
      verifyPassword: async (user) => {
        if (user.length > 3) throw new Error('staged');
        return false;
      },
    });
    const { inbound, logged } = test;
    const port = test.port();
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const word = fc.constantFrom(
      'EHLO x',
      'MAIL FROM:<a@b.example>',
      'RCPT TO:<c@d.example>',
      'DATA',
      '.',
      'RSET',
      'QUIT',
      'AUTH LOGIN',
      'dXNlcg==',
      'AUTH PLAIN AHUAcA==',
      'STARTTLS',
      'Subject: x',
      '',
      '*',
      'MAIL FROM:<',
      'RCPT TO:"',
      '\0',
      'NOOP',
    );
    const line = fc.tuple(
      fc.oneof({ weight: 4, arbitrary: word }, fc.string()),
      fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', ''),
    );
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(line, { maxLength: 40 }), async (lines) => {
          const client = await SmtpClient.open(port);
          await client.reply();
          client.socket.end(Buffer.from(lines.flat().join(''), 'utf8'));
          const answer = await client.closed();
          expect(answer).to.match(/^(?:[2-5]\d\d[ -][\x20-\x7e]*\r\n)*$/);
          client.destroy();
        }),
        { numRuns: 300 },
      );
    } finally {
      process.off('unhandledRejection', onRejection);
    }
    expect(rejections).to.deep.equal([]);
    expect(inbound.addresses()[0]?.open).to.equal(true);
    expect(logged.filter(({ text }) => String(text).includes('fault of Postern'))).to.deep.equal([]);
  });
});
