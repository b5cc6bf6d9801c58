import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningPostern, startPostern } from '../../scripts/bench/postern.ts';
import { postfixIsHere, smtpToolsAreHere } from '../../scripts/bench/postfix.ts';
import { run } from '../../scripts/bench/processes.ts';
import type { Subject } from '../../scripts/bench/subject.ts';
import { messageDetailSchema, messagePageSchema } from '../../src/admin/contract.ts';
import { makeSelfSigned, type TestCertificate } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { type Capture, startCapture } from './capture.ts';
import { isInstalled, MAIL_PROGRAMS, RECIPIENT, SENDER } from './clients.ts';
import { ACCOUNT, startRealUpstream } from './real-upstream.ts';

const ARRIVES_WITHIN = 30_000;

/** Everything that a relay might be tempted to tidy up. */
function awkwardMessage(number: number): Buffer {
  const lines = [
    `From: "A device" <${SENDER}>`,
    `to:  ${RECIPIENT}`,
    'Subject: =?utf-8?B?w6Q=?= and',
    '\ta folded\tsecond line   ',
    `Message-ID: <${number}@device.example.com>`,
    'Date: Sat, 21 Nov 2026 12:00:00 +0000',
    'X-Odd:no space behind the colon',
    'x-empty: ',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Grüße – 8-bit, und   Leerzeichen am Ende   ',
    '.',
    '..',
    '.leading dot',
    'From the start of a line',
    `${'long '.repeat(190)}end`,
    '',
    '\t',
    'the last line',
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

describe('a device’s mail to a real Postfix with STARTTLS, password and self-signed certificate', function () {
  let base: string;
  let capture: Capture;
  let certificate: TestCertificate;
  let upstream: Subject & { readonly logFile: string };
  let postern: RunningPostern;

  before(async function () {
    if (
      !postfixIsHere() ||
      !(
        (await isInstalled(['saslpasswd2', '-h'])) ||
        (await readFile('/usr/sbin/saslpasswd2').then(
          () => true,
          () => false,
        ))
      )
    ) {
      console.log('      skipped: needs root, postfix and sasl2-bin');
      this.skip();
    }
    base = await mkdtemp(join(tmpdir(), 'postern-interop-'));
    await chmod(base, 0o755); // Postfix works as a user of its own
    capture = await startCapture();
    certificate = await makeSelfSigned({ hosts: ['mail.example.com', 'localhost'] });
    upstream = await startRealUpstream({ directory: join(base, 'postfix'), certificate, next: capture.port });
    postern = await startPostern({
      directory: join(base, 'postern'),
      settings: (port) => settings(port, upstream.port),
    });
  });

  after(async () => {
    await postern?.stop();
    await upstream?.stop();
    await capture?.close();
    if (base !== undefined) await rm(base, { recursive: true, force: true });
  });

  it('waits, with a reason that names the certificate, until the certificate is imported, then goes out by itself', async () => {
    const [program = expect.fail('no program')] = MAIL_PROGRAMS.filter(
      ({ name }) => name === 'python smtplib',
    );
    const message = awkwardMessage(1);
    await program.send(postern.port, message, base);
    const { messages } = messagePageSchema.parse(
      JSON.parse(await postern.command('queue', 'list', '--json')),
    );
    const id = messages[0]?.id ?? expect.fail('nothing is queued');
    const waiting = await eventually(async () => {
      const detail = messageDetailSchema.parse(
        JSON.parse(await postern.command('queue', 'show', id, '--json')),
      );
      return detail.journal.map(({ event }) => event).find((event) => event.type === 'waiting');
    }, ARRIVES_WITHIN);
    expect(`${waiting.text} ${waiting.remedy}`)
      .to.match(/certificate/i)
      .and.contain('import-cert');
    expect(capture.messages).to.have.length(0);

    const file = join(base, 'upstream.crt');
    await writeFile(file, certificate.certificate);
    const printed = await postern.command('import-cert', file);
    expect(printed).to.contain('mail.example.com');
    await eventually(() => capture.messages.length > 0, ARRIVES_WITHIN, 'the delivery after the import');
    expect(arrived(capture, '<1@device.example.com>').subarray(-message.length).toString('latin1')).to.equal(
      message.toString('latin1'),
    );
  });

  for (const [index, program] of MAIL_PROGRAMS.entries()) {
    it(`sent by ${program.name} arrives byte for byte, but for Received in front`, async function () {
      if (!(await isInstalled(program.probe))) {
        console.log(`      skipped: ${program.name} is not installed`);
        this.skip();
      }
      const number = 100 + index;
      const message = awkwardMessage(number);
      await program.send(postern.port, message, base);
      const bytes = await eventually(
        () => arrived(capture, `<${number}@device.example.com>`),
        ARRIVES_WITHIN,
      );
      const got = bytes.toString('latin1');
      expect(got.slice(-message.length)).to.equal(message.toString('latin1'));
      const added = got
        .slice(0, -message.length)
        .replaceAll(/\r\n[ \t]+/g, ' ')
        .trimEnd()
        .split('\r\n');
      expect(added.map((line) => line.split(':')[0])).to.deep.equal(['Received', 'Received']);
      expect(added[0]).to.contain('ESMTPSA');
      expect(added[1]).to.contain('127.0.0.1');
    });
  }

  it('sent by smtp-source arrives, each message once, with its body unchanged', async function () {
    if (!smtpToolsAreHere()) {
      console.log('      skipped: smtp-source is not installed');
      this.skip();
    }
    const before = capture.messages.length;
    const direct = await startCapture();
    await smtpSource(direct.port, 1);
    await smtpSource(postern.port, 50);
    await eventually(() => capture.messages.length >= before + 50, ARRIVES_WITHIN);
    const expected = bodyOf(direct.messages[0]?.bytes);
    expect(expected).to.have.length.greaterThan(4000);
    for (const message of capture.messages.slice(before)) expect(bodyOf(message.bytes)).to.equal(expected);
    expect(capture.messages).to.have.length(before + 50);
    await direct.close();
  });

  it('was signed in with the password, over TLS, which no log line of ours shows', async () => {
    const log = await readFile(upstream.logFile, 'utf8');
    expect(log).to.match(/sasl_method=PLAIN, sasl_username=relay/);
    const ours = await postern.log();
    expect(ours).not.to.contain(ACCOUNT.password);
    expect(ours).not.to.contain(Buffer.from(`\0${ACCOUNT.user}\0${ACCOUNT.password}`).toString('base64'));
  });
});

function smtpSource(port: number, count: number): Promise<string> {
  const load = ['-s', '5', '-m', String(count), '-l', '5000'];
  return run('smtp-source', [...load, '-f', SENDER, '-t', RECIPIENT, `127.0.0.1:${port}`]);
}

function bodyOf(bytes: Buffer | undefined): string | undefined {
  return bytes?.toString('latin1').replace(/^[\s\S]*?\r\n\r\n/, '');
}

function arrived(capture: Capture, messageId: string): Buffer {
  const found = capture.messages.find(({ bytes }) => bytes.includes(messageId));
  if (found === undefined) throw new Error(`${messageId} has not arrived`);
  expect(found.recipients).to.deep.equal([RECIPIENT]);
  expect(found.sender).to.equal(SENDER);
  return found.bytes;
}

function settings(port: number, upstreamPort: number) {
  return {
    listeners: [{ name: 'devices', address: '127.0.0.1', port, security: 'none' }],
    clients: [{ name: 'this machine', networks: ['127.0.0.0/8'] }],
    upstreams: [
      {
        name: 'office',
        kind: 'smtp',
        host: '127.0.0.1',
        serverName: 'mail.example.com',
        port: upstreamPort,
        security: 'starttls',
        authentication: { type: 'password', user: ACCOUNT.user, password: { value: ACCOUNT.password } },
      },
    ],
    defaultUpstream: 'office',
    queue: { retry: ['2s'] },
  };
}
