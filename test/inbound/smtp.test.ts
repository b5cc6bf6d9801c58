import { expect } from 'chai';
import { RelayError } from '../../src/shared/errors.ts';
import { oneListener, startInbound, type TestInbound } from '../support/inbound.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const verifyPassword = async (user: string, password: string) => user === 'scanner' && password === 'pass';

describe('the SMTP dialogue', () => {
  let test: TestInbound | undefined;
  let client: SmtpClient | undefined;

  async function ready(...args: Parameters<typeof startInbound>): Promise<SmtpClient> {
    test = await startInbound(...args);
    client = await SmtpClient.ready(test.port());
    return client;
  }

  afterEach(async () => {
    client?.destroy();
    await test?.stop();
    client = test = undefined;
  });

  it('greets at once, says what it can do, takes a message and says goodbye', async () => {
    test = await startInbound();
    client = await SmtpClient.open(test.port());
    expect((await client.reply()).text).to.equal('220 relay.example ESMTP Postern');
    expect((await client.ask('EHLO printer')).lines).to.deep.equal([
      '250-relay.example',
      '250-SIZE 52428800',
      '250-PIPELINING',
      '250-8BITMIME',
      '250-SMTPUTF8',
      '250-DSN',
      '250 ENHANCEDSTATUSCODES',
    ]);
    const reply = await client.message('a@b.example', ['c@d.example'], 'Subject: Hi\r\n\r\nText');
    expect(reply.text).to.match(/^250 2\.0\.0 Queued as ID\d{14}$/);
    await client.quit();
    expect(client.unread).to.equal('221 2.0.0 Bye\r\n');
    const [message] = test.queue.messages;
    expect(message?.body.toString()).to.match(
      /^Received: from printer \(\[127\.0\.0\.1\]\)[^]*\r\n\r\nText\r\n$/,
    );
    expect(message?.origin).to.deep.equal({
      client: 'this machine',
      listener: 'door',
      address: '127.0.0.1',
      greeting: 'printer',
    });
  });

  it('hands over every parameter of the envelope', async () => {
    const smtp = await ready();
    await smtp.ask('MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x1');
    await smtp.ask(
      'RCPT TO:<ö@bücher.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;o@d.example'.replace(/ö|ü/g, (letter) =>
        Buffer.from(letter).toString('utf8'),
      ),
    );
    await smtp.ask('RCPT TO:<c@d.example>');
    await smtp.ask('RCPT TO:<c@D.EXAMPLE>');
    await smtp.ask('DATA');
    expect((await smtp.ask('Subject: x\r\n\r\n\xe9\r\n.')).code).to.equal(250);
    const envelope = test?.queue.messages[0]?.envelope;
    expect(envelope).to.deep.equal({
      sender: 'a@b.example',
      recipients: [
        {
          address: 'ö@xn--bcher-kva.example',
          notify: ['FAILURE', 'DELAY'],
          originalRecipient: 'rfc822;o@d.example',
        },
        { address: 'c@d.example' },
      ],
      eightBit: true,
      smtpUtf8: true,
      returnContent: 'FULL',
      envelopeId: 'x1',
    });
  });

  for (const [name, lines, expected] of [
    ['HELO only', ['HELO x', 'MAIL FROM:<a@b.example>'], ['250', '250 2.1.0']],
    [
      'lower case',
      ['ehlo x', 'mail from:<a@b.example>', 'rcpt to:<c@d.example>', 'data'],
      ['250', '250 2.1.0', '250 2.1.5', '354'],
    ],
    ['a greeting with an underscore or none', ['EHLO my_host', 'HELO'], ['250', '250']],
    ['a greeting with control characters', ['EHLO a\u0007b'], ['501 5.5.4']],
    ['a greeting that turns the line around', ['EHLO a\u202eb', 'EHLO a\u2028b'], ['501 5.5.4', '501 5.5.4']],
    ['no greeting', ['MAIL FROM:<a@b.example>'], ['503 5.5.1']],
    ['commands out of order', ['EHLO x', 'RCPT TO:<c@d.example>', 'DATA'], ['250', '503 5.5.1', '503 5.5.1']],
    ['a nested MAIL', ['EHLO x', 'MAIL FROM:<>', 'MAIL FROM:<>'], ['250', '250 2.1.0', '503 5.5.1']],
    ['DATA without recipients', ['EHLO x', 'MAIL FROM:<>', 'DATA'], ['250', '250 2.1.0', '503 5.5.1']],
    [
      'DATA after refused recipients',
      ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<@>', 'DATA'],
      ['250', '250 2.1.0', '501 5.1.3', '554 5.5.1'],
    ],
    [
      'DATA with an argument',
      ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<a@b.example>', 'DATA x'],
      ['250', '250 2.1.0', '250 2.1.5', '501 5.5.4'],
    ],
    [
      'RSET forgets',
      ['EHLO x', 'MAIL FROM:<>', 'RSET', 'RCPT TO:<a@b.example>'],
      ['250', '250 2.1.0', '250 2.0.0', '503 5.5.1'],
    ],
    [
      'EHLO forgets',
      ['EHLO x', 'MAIL FROM:<>', 'EHLO x', 'RCPT TO:<a@b.example>'],
      ['250', '250 2.1.0', '250', '503 5.5.1'],
    ],
    [
      'small talk',
      ['NOOP', 'NOOP x', 'VRFY a', 'HELP', 'EXPN a'],
      ['250 2.0.0', '250 2.0.0', '252 2.0.0', '214 2.0.0', '502 5.5.1'],
    ],
    [
      'jokes and the unknown',
      [
        'WIZ x',
        'SHELL',
        'KILL',
        'XCLIENT ADDR=1.2.3.4',
        'XFORWARD ADDR=1.2.3.4',
        'BDAT 1 LAST',
        'LHLO x',
        '',
      ],
      Array(8).fill('500 5.5.1'),
    ],
    [
      'AUTH and STARTTLS where there are none',
      ['EHLO x', 'AUTH PLAIN', 'STARTTLS'],
      ['250', '502 5.5.1', '500 5.5.1'],
    ],
    [
      'too large by its own word',
      ['EHLO x', 'MAIL FROM:<> SIZE=52428801', 'MAIL FROM:<> SIZE=52428800'],
      ['250', '552 5.3.4', '250 2.1.0'],
    ],
  ] as const) {
    it(`answers ${name}`, async () => {
      test = await startInbound();
      client = await SmtpClient.open(test.port());
      await client.reply();
      const got: string[] = [];
      for (const line of lines) {
        const { code, enhanced } = await client.ask(line);
        got.push(enhanced === '' ? String(code) : `${code} ${enhanced}`);
      }
      expect(got).to.deep.equal(expected);
    });
  }

  it('answers pipelined commands and messages in order', async () => {
    const smtp = await ready();
    const message =
      'MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\ntext\r\n.\r\n';
    smtp.write(`${message}NOOP\r\n${message}QUIT\r\n`);
    const codes = (await smtp.replies(10)).map(({ code }) => code);
    expect(codes).to.deep.equal([250, 250, 354, 250, 250, 250, 250, 354, 250, 221]);
    expect(test?.queue.messages).to.have.length(2);
    await smtp.closed();
  });

  it('answers a client that closes its side right after its last byte', async () => {
    const smtp = await ready();
    smtp.socket.end('MAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n');
    expect((await smtp.replies(4)).map(({ code }) => code)).to.deep.equal([250, 250, 354, 250]);
    await smtp.closed();
  });

  describe('policy', () => {
    const elsewhere = [{ name: 'office', networks: ['10.0.0.0/8'] }];

    it('refuses a stranger at RCPT with a sentence, and remembers it', async () => {
      const smtp = await ready(oneListener({}, { clients: elsewhere }));
      expect((await smtp.ask('MAIL FROM:<a@b.example>')).code).to.equal(250);
      const reply = await smtp.ask('RCPT TO:<c@d.example>');
      expect(reply.text).to.match(/^550 5\.7\.1 127\.0\.0\.1 may not send .*clients/);
      await smtp.ask('RCPT TO:<e@f.example>');
      expect((await smtp.ask('DATA')).text).to.match(/^554 5\.5\.1 /);
      await test?.stop();
      expect(test?.queue.begun).to.equal(0);
      expect(test?.denied).to.have.length(1);
      expect(test?.denied[0]).to.deep.include({
        address: '127.0.0.1',
        greeting: 'test.example',
        sender: 'a@b.example',
        recipient: 'e@f.example',
        count: 2,
      });
    });

    it('refuses a sender that the client may not use', async () => {
      const clients = [{ name: 'printers', networks: ['127.0.0.1'], senders: ['@b.example'] }];
      const smtp = await ready(oneListener({}, { clients }));
      expect((await smtp.message('a@B.example', ['c@d.example'], 'x')).code).to.equal(250);
      const reply = await smtp.message('a@x.example', ['c@d.example'], 'x');
      expect(reply.text).to.match(/^550 5\.7\.1 printers may not send as <a@x\.example>/);
      await test?.stop();
      expect(test?.denied[0]?.sender).to.equal('a@x.example');
    });

    it('takes a signed-in user for its own client wherever it is', async () => {
      const users = [{ name: 'scanner', password: { env: 'X' }, senders: ['scan@b.example'] }];
      const smtp = await ready(oneListener({ authentication: 'optional' }, { clients: elsewhere, users }), {
        verifyPassword,
      });
      expect((await smtp.ask(`AUTH PLAIN ${base64('\0scanner\0pass')}`)).text).to.match(/^235 2\.7\.0 /);
      expect((await smtp.ask('EHLO again')).text).not.to.include('AUTH');
      expect((await smtp.message('scan@b.example', ['c@d.example'], 'x')).code).to.equal(250);
      expect(test?.queue.messages[0]?.origin).to.deep.include({ client: 'scanner', user: 'scanner' });
      expect(test?.queue.messages[0]?.body.toString()).to.include(' with ESMTPA id ');
      expect((await smtp.message('x@b.example', ['c@d.example'], 'x')).enhanced).to.equal('5.7.1');
    });

    it('demands AUTH where it is required, and cuts off who guesses', async () => {
      const smtp = await ready(oneListener({ authentication: 'required' }));
      expect((await smtp.ask('EHLO x')).text).to.include('250-AUTH PLAIN LOGIN\n');
      expect((await smtp.ask('MAIL FROM:<>')).text).to.match(/^530 5\.7\.0 /);
      expect((await smtp.ask('AUTH LOGIN')).text).to.equal('334 VXNlcm5hbWU6');
      expect((await smtp.ask(base64('user'))).text).to.equal('334 UGFzc3dvcmQ6');
      expect((await smtp.ask(base64('wrong'))).text).to.match(/^535 5\.7\.8 /);
      expect((await smtp.ask('AUTH PLAIN')).text).to.equal('334 ');
      expect((await smtp.ask('*')).text).to.match(/^501 /);
      await smtp.ask(`AUTH PLAIN ${base64('\0u\0p')}`);
      expect((await smtp.ask(`AUTH PLAIN ${base64('\0u\0p')}`)).text).to.match(/^421 4\.7\.0 /);
      await smtp.closed();
    });
  });

  describe('a client that talks before the greeting', () => {
    it('is refused', async () => {
      test = await startInbound();
      client = await SmtpClient.open(test.port());
      client.destroy();
      // Written before the connection is even there, as a program that does not listen does it.
      const early = await import('node:net').then(({ connect }) =>
        connect({ port: test?.port() ?? 0, host: '127.0.0.1' }),
      );
      early.write('EHLO x\r\nMAIL FROM:<>\r\n');
      let answer = '';
      early.on('data', (data) => (answer += data.toString()));
      await new Promise((resolve) => early.once('close', resolve));
      expect(answer).to.match(/^554 5\.5\.1 [^\r]*\r\n$/);
    });

    it('is served where its client allows it', async () => {
      const clients = [{ name: 'old', networks: ['127.0.0.1'], compatibility: { talksFirst: true } }];
      test = await startInbound(oneListener({}, { clients }));
      const { connect } = await import('node:net');
      const early = connect({ port: test.port(), host: '127.0.0.1' });
      early.end('HELO x\r\nMAIL FROM:<>\r\nQUIT\r\n');
      let answer = '';
      early.on('data', (data) => (answer += data.toString()));
      await new Promise((resolve) => early.once('close', resolve));
      expect(answer).to.match(/^220 .*\r\n250 .*\r\n250 2\.1\.0 .*\r\n221 2\.0\.0 .*\r\n$/);
    });

    it('is cut off when it turns out to be a web browser', async () => {
      const smtp = await ready();
      expect((await smtp.ask('POST / HTTP/1.1')).text).to.match(/^554 5\.5\.1 /);
      await smtp.closed();
    });
  });

  describe('the queue', () => {
    it('has the say at MAIL and at DATA', async () => {
      const smtp = await ready();
      const queue = test?.queue;
      if (queue === undefined) throw new Error('not started');
      queue.refuse = { code: 452, enhanced: '4.3.1', text: 'The disk is nearly full' };
      expect((await smtp.ask('MAIL FROM:<>')).text).to.equal('452 4.3.1 The disk is nearly full');
      queue.refuse = undefined;
      await smtp.ask('MAIL FROM:<>');
      await smtp.ask('RCPT TO:<c@d.example>');
      queue.refuse = { code: 451, enhanced: '4.3.0', text: 'Too much to do' };
      expect((await smtp.ask('DATA')).text).to.equal('451 4.3.0 Too much to do');
      queue.refuse = undefined;
      expect((await smtp.ask('DATA')).code, 'the same transaction').to.equal(354);
    });

    for (const [code, expected] of [
      ['store-full', '452 4.3.1'],
      ['store-unavailable', '451 4.3.0'],
      ['store-busy', '451 4.3.0'],
      ['overloaded', '451 4.3.0'],
      ['stopping', '421 4.3.2'],
      ['internal', '451 4.3.0'],
    ] as const) {
      it(`answers ${expected} when it fails with ${code}, on commit and on writing`, async () => {
        const smtp = await ready();
        if (test === undefined) return;
        const error = new RelayError(code, `${code} happened`);
        test.queue.commitError = error;
        expect((await smtp.message('', ['c@d.example'], 'x')).text.slice(0, 9)).to.equal(expected);
        if (expected.startsWith('421')) {
          await smtp.closed();
          return;
        }
        test.queue.commitError = undefined;
        test.queue.writeError = error;
        expect((await smtp.message('', ['c@d.example'], 'x')).text.slice(0, 9)).to.equal(expected);
        expect(test.queue.aborted).to.equal(1);
        test.queue.writeError = undefined;
        expect((await smtp.message('', ['c@d.example'], 'x')).code, 'works again').to.equal(250);
      });
    }

    it('never gets a message whose client goes away before its end', async () => {
      const smtp = await ready();
      await smtp.ask('MAIL FROM:<>');
      await smtp.ask('RCPT TO:<c@d.example>');
      await smtp.ask('DATA');
      await smtp.send(`Subject: x\r\n\r\n${'half\r\n'.repeat(1_000)}.\r`);
      await until(() => (test?.queue.written ?? 0) > 1_000, 'the first half is there');
      smtp.destroy();
      await until(() => test?.queue.aborted === 1, 'the message is given up');
      expect(test?.queue.messages).to.deep.equal([]);
    });

    it('makes a client wait for a slow store instead of filling memory', async () => {
      const smtp = await ready();
      if (test === undefined) return;
      const { promise, resolve: release } = Promise.withResolvers<void>();
      test.queue.slow = promise;
      await smtp.ask('MAIL FROM:<>');
      await smtp.ask('RCPT TO:<c@d.example>');
      await smtp.ask('DATA');
      smtp.write(Buffer.alloc(20_000_000, 'a line of text\r\n'));
      await until(() => (test?.queue.written ?? 0) > 0, 'the first piece is there');
      for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
      expect(test.queue.written).to.be.below(1_000_000);
      test.queue.slow = undefined;
      release();
      smtp.write('\r\n.\r\n');
      expect((await smtp.reply()).code).to.equal(250);
      expect(test.queue.messages[0]?.body.length).to.be.above(20_000_000);
    });
  });
});
