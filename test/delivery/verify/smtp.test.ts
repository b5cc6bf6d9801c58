import { createServer } from 'node:net';
import { expect } from 'chai';
import { RelayError } from '../../../src/shared/errors.ts';
import { Secret } from '../../../src/shared/secret.ts';
import { expired, makeAuthority, makeSelfSigned, type TestAuthority } from '../../support/certificates.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { noTokens } from '../../support/outside.ts';
import { type ScriptedServerOptions, startScriptedServer } from '../../support/scripted-smtp-server.ts';
import type { UpstreamInput } from '../support.ts';
import { localUpstream, tokenSource, type VerifyOptions, verifyUpstream } from './support.ts';

const DAY = 86_400_000;
const PASSWORD = 'planted-Correct-Horse-Battery';
const password = { type: 'password', user: 'relay@example.com', password: { value: PASSWORD } } as const;
const oauth2 = {
  type: 'oauth2',
  provider: 'microsoft',
  flow: 'client-credentials',
  email: 'relay@example.com',
  tenantId: '11111111-2222-3333-4444-555555555555',
  clientId: '99999999-2222-3333-4444-555555555555',
  clientSecret: { value: 'planted-client-secret-value' },
} as const;
const signsIn = { mechanisms: ['PLAIN'], user: password.user, password: PASSWORD } as const;

describe('verify an SMTP upstream', () => {
  let authority: TestAuthority;
  before(async () => {
    authority = await makeAuthority();
  });

  async function verifyServer(
    server: ScriptedServerOptions,
    upstream: Partial<UpstreamInput> = {},
    options: VerifyOptions = {},
  ) {
    const started = await startScriptedServer(server);
    try {
      const verified = await verifyUpstream(localUpstream(started.port, upstream), {
        authorities: [authority.certificate],
        ...options,
      });
      return { ...verified, server: started };
    } finally {
      await started.close();
    }
  }

  it('tells every step of one that works, up to a real message', async () => {
    const certificate = await authority.issue({ validTo: Date.now() + 90 * DAY });
    const { summary, server, step } = await verifyServer(
      { security: 'starttls', certificate, ...signsIn },
      { security: 'starttls', authentication: password, from: { address: 'relay@example.com' } },
      { sendTo: 'admin@example.com' },
    );
    expect(summary).to.equal(
      'settings ok, secrets ok, proxy ok, dns ok, tcp ok, greeting ok, tls ok, sign-in ok, sender ok, message ok',
    );
    expect(step('greeting')?.reply?.text).to.equal('scripted.test ESMTP');
    expect(step('tls')?.text).to.match(
      /^TLSv1\.3, TLS_\w+; certificate of localhost by Test Authority, valid until/,
    );
    expect(step('tls')?.details?.['chain']).to.have.length(1);
    expect(step('sign-in')?.text).to.equal('Signed in as relay@example.com with PLAIN.');
    const [sent] = server.transactions;
    const content = sent?.body.toString() ?? '';
    expect(sent?.recipients).to.deep.equal(['RCPT TO:<admin@example.com>']);
    expect(content)
      .to.match(/^Auto-Submitted: auto-generated\r$/m)
      .and.match(/^Message-ID: <[0-9a-f]{24}\.verify@postern\.test>\r$/m);
    expect(content).to.contain('Subject: Postern verifies that mail leaves (postern.test)');
  });

  it('tells TLS before the greeting where TLS comes first', async () => {
    const certificate = await authority.issue({ validTo: Date.now() + 90 * DAY });
    const { summary } = await verifyServer(
      { security: 'tls', certificate },
      { security: 'tls' },
      { senders: ['a@example.com'] },
    );
    expect(summary).to.equal(
      'settings ok, secrets skipped, proxy ok, dns ok, tcp ok, tls ok, greeting ok, sign-in skipped, sender ok',
    );
  });

  it('sends nothing in a dry run, and begins anew for each sender', async () => {
    const { server, summary } = await verifyServer(
      {},
      {},
      { senders: ['a@example.com', 'b@example.com'], recipient: 'c@example.com' },
    );
    expect(summary).to.match(/sender ok, sender ok$/);
    expect(server.transactions).to.have.length(0);
    expect(server.lines.filter((line) => /^(MAIL|RCPT|RSET|DATA)/.test(line))).to.deep.equal([
      'MAIL FROM:<a@example.com> SIZE=1000',
      'RCPT TO:<c@example.com>',
      'RSET',
      'MAIL FROM:<b@example.com> SIZE=1000',
      'RCPT TO:<c@example.com>',
      'RSET',
    ]);
  });

  interface Broken {
    readonly what: string;
    readonly server: ScriptedServerOptions;
    readonly upstream?: Partial<UpstreamInput>;
    readonly options?: VerifyOptions;
    /** Step that has to fail, or to warn. */
    readonly step: string;
    readonly result?: 'failed' | 'warning';
    readonly text?: RegExp;
    readonly cause?: RegExp;
    readonly remedy?: RegExp;
    readonly reply?: RegExp;
  }

  const table: readonly Broken[] = [
    {
      what: 'a greeting that refuses',
      server: { script: { banner: { reply: '554 5.7.1 your address is not welcome' } } },
      step: 'greeting',
      cause: /refused the connection/,
      remedy: /^Ask the operator of 127\.0\.0\.1/,
      reply: /not welcome/,
    },
    {
      what: 'silence in place of a greeting',
      server: { script: { banner: { silent: true } } },
      step: 'greeting',
      cause: /did not answer/,
    },
    {
      what: 'an endless greeting',
      server: { script: { banner: { reply: '220-welcome to this endless server', forever: true } } },
      step: 'greeting',
      cause: /endless|answer in time|did not answer|broke/,
    },
    {
      what: 'something that is no mail server',
      server: { script: { banner: { reply: 'SSH-2.0-OpenSSH_9.9' } } },
      step: 'greeting',
    },
    {
      what: 'no STARTTLS',
      server: {},
      upstream: { security: 'starttls' },
      step: 'tls',
      cause: /refused STARTTLS/,
      remedy: /^Set security of the upstream office to tls/,
    },
    {
      what: 'no TLS where TLS comes first',
      server: {},
      upstream: { security: 'tls' },
      step: 'tls',
      cause: /does not speak TLS from the first byte/,
      remedy: /^Set security of the upstream office to starttls/,
    },
    {
      what: 'a wrong password',
      server: { ...signsIn, password: 'another' },
      upstream: { authentication: password },
      step: 'sign-in',
      text: /did not let Postern in as relay@example\.com/,
      remedy: /^Check user name and password of the upstream office/,
      reply: /bad credentials/,
    },
    {
      what: 'SMTP AUTH that is switched off',
      server: {
        ...signsIn,
        script: {
          auth: {
            reply:
              '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
          },
        },
      },
      upstream: { authentication: password },
      step: 'sign-in',
      cause: /^SMTP AUTH is switched off in Exchange/,
      remedy: /Set-CASMailbox -Identity relay@example\.com -SmtpClientAuthenticationDisabled \$false/,
      reply: /SmtpClientAuthentication/,
    },
    {
      what: 'a mechanism that is not offered',
      server: { mechanisms: ['LOGIN'] },
      upstream: { authentication: { ...password, method: 'CRAM-MD5' } },
      step: 'sign-in',
      cause: /wanted: CRAM-MD5; offered: LOGIN/,
      remedy: /^Set authentication\.method of the upstream office to auto/,
    },
    {
      what: 'a secret that is not there',
      server: signsIn,
      upstream: { authentication: { ...password, password: { env: 'NOT_SET' } } },
      options: {
        reveal: () =>
          Promise.reject(
            new RelayError('secret-unavailable', 'the environment variable NOT_SET is not set', {
              hint: 'set it and restart Postern',
            }),
          ),
      },
      step: 'secrets',
      cause: /^The environment variable NOT_SET is not set\.$/,
      remedy: /^Set it and restart Postern\.$/,
    },
    {
      what: 'no token',
      server: { mechanisms: ['XOAUTH2'] },
      upstream: { authentication: oauth2 },
      options: {
        tokens: tokenSource({
          kind: 'unavailable',
          reason: 'authentication',
          text: 'The client secret has expired.',
          remedy: 'Make a new one.',
          reply: { code: 401, text: 'AADSTS7000222: the provided client secret keys are expired' },
        }),
      },
      step: 'token',
      cause: /^The client secret has expired\.$/,
      remedy: /^Make a new one\.$/,
      reply: /AADSTS7000222/,
    },
    {
      what: 'a sender that is refused at MAIL FROM',
      server: {
        script: {
          mail: { reply: '550 5.7.60 SMTP; Client does not have permissions to send as this sender' },
        },
      },
      upstream: {},
      options: { senders: ['boss@example.com'] },
      step: 'sender',
      cause: /may not send as this address/,
      remedy: /Add-RecipientPermission boss@example\.com/,
      reply: /permissions to send as/,
    },
    {
      what: 'a sender that is refused behind RCPT TO',
      server: {
        script: {
          rcpt: { reply: '553 5.7.1 <boss@example.com>: Sender address rejected: not owned by user relay' },
        },
      },
      options: { senders: ['boss@example.com'] },
      step: 'sender',
      cause: /may not send as this address/,
      remedy: /from\.rewrite: if-refused/,
    },
    {
      what: 'a sender that is rewritten when it is refused',
      server: {
        script: { mail: ({ line }) => (line.includes('boss') ? { reply: '550 5.7.60 no' } : undefined) },
      },
      upstream: { from: { address: 'relay@example.com', rewrite: 'if-refused' } },
      options: { senders: ['boss@example.com'] },
      step: 'sender',
      result: 'warning',
      text: /goes out as relay@example\.com/,
    },
    {
      what: 'a recipient that is not known',
      server: { script: { rcpt: { reply: '550 5.1.1 no such user' } } },
      options: { senders: ['a@example.com'], recipient: 'nobody@example.com' },
      step: 'recipient',
      text: /does not take the recipient nobody@example\.com/,
      remedy: /--recipient ADDRESS/,
      reply: /no such user/,
    },
    {
      what: 'a recipient that is put off',
      server: { script: { rcpt: { reply: '451 4.7.1 greylisted, come again' } } },
      options: { senders: ['a@example.com'] },
      step: 'recipient',
      result: 'warning',
      remedy: /^Verify again in a few minutes/,
    },
    {
      what: 'a server that wants a sign-in first',
      server: { script: { mail: { reply: '530 5.7.57 Client not authenticated to send mail' } } },
      options: { senders: ['a@example.com'] },
      step: 'sender',
      cause: /wants Postern to sign in first/,
      remedy: /^Set authentication of the upstream office/,
    },
    {
      what: 'a message that is refused behind DATA',
      server: {
        script: {
          final: {
            reply: '554 5.2.252 SendAsDenied; relay@example.com not allowed to send as boss@example.com',
          },
        },
      },
      options: { senders: ['boss@example.com'], sendTo: 'admin@example.com' },
      step: 'message',
      text: /refused the message/,
      cause: /may not send as this address/,
      reply: /SendAsDenied/,
    },
    {
      what: 'a connection that is cut at MAIL FROM',
      server: { script: { mail: { cut: 'instead' } } },
      options: { senders: ['a@example.com'] },
      step: 'sender',
      reply: /closed the connection/,
    },
  ];

  for (const { what, server, upstream, options, step, result = 'failed', ...expected } of table) {
    it(`names the step, the cause and the remedy: ${what}`, async () => {
      const verified = await verifyServer(server, upstream, options);
      const found = verified.steps.find((one) => one.step === step);
      expect(found?.result, verified.summary).to.equal(result);
      const wrong = verified.steps.filter((one) => one.result === 'failed' && one !== found);
      expect(wrong.map((one) => `${one.step}: ${one.text}`)).to.deep.equal([]);
      if (expected.text) expect(found?.text).to.match(expected.text);
      if (expected.cause) expect(found?.cause).to.match(expected.cause);
      if (expected.remedy) expect(found?.remedy).to.match(expected.remedy);
      if (expected.reply) expect(found?.reply?.text).to.match(expected.reply);
    });
  }

  it('looks at the token and the secrets although there is no connection, and skips the rest with the reason', async () => {
    const { port, close } = await startScriptedServer();
    await close();
    const token = new Secret('opaque-token-that-is-long-enough');
    const { summary, step } = await verifyUpstream(localUpstream(port, { authentication: oauth2 }), {
      sendTo: 'admin@example.com',
      tokens: tokenSource({ kind: 'token', token, expiresAt: Date.now() + 3_600_000 }),
    });
    expect(summary).to.contain(
      'tcp failed, greeting skipped, tls skipped, token ok, sign-in skipped, sender skipped, message skipped',
    );
    expect(step('tcp')?.cause).to.contain('refuses connections');
    expect(step('sign-in')?.text).to.equal('There is no connection to sign in on.');
  });

  it('says that a name is not in DNS, and asks nobody else', async () => {
    let dialled = 0;
    const { summary, step } = await verifyUpstream(localUpstream(25, { host: 'smtp.example.com' }), {
      lookup: (_host, _options, callback) =>
        callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
      dial: () => {
        dialled += 1;
        return Promise.reject(new Error('not expected'));
      },
    });
    expect(summary).to.contain('dns failed, tcp skipped, greeting skipped, tls skipped, sign-in skipped');
    expect(step('dns')?.cause).to.equal('The name smtp.example.com is not found in DNS.');
    expect(dialled).to.equal(0);
  });

  it('lists what DNS knows', async () => {
    const { step } = await verifyUpstream(localUpstream(25, { host: 'smtp.example.com' }), {
      lookup: (_host, _options, callback) =>
        callback(null, [
          { address: '192.0.2.1', family: 4 },
          { address: '2001:db8::1', family: 6 },
        ]),
      dial: () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })),
    });
    expect(step('dns')?.details).to.deep.equal({ addresses: ['192.0.2.1', '2001:db8::1'] });
  });

  it('leaves names to the proxy where one leads there', async () => {
    const { step } = await verifyUpstream(localUpstream(25, { host: 'smtp.example.com' }), {
      proxyFor: () => ({ url: 'http://user:planted@proxy.example.com:3128/', user: 'relay' }),
      dial: () => Promise.reject(Object.assign(new Error('no'), { code: 'EPROXY' })),
    });
    expect(step('proxy')?.text).to.equal(
      'smtp.example.com is reached over the proxy http://proxy.example.com:3128, as relay.',
    );
    expect(step('dns')?.result).to.equal('skipped');
    expect(step('tcp')?.result).to.equal('failed');
  });

  const certificates: readonly {
    what: string;
    issue: () => Promise<{ chain: string; key: string }>;
    result: string;
    words: RegExp;
    remedy: RegExp;
  }[] = [
    {
      what: 'self-signed',
      issue: () => makeSelfSigned(),
      result: 'failed',
      words: /self-signed/,
      remedy: /import-cert FILE/,
    },
    {
      what: 'expired',
      issue: () => authority.issue(expired()),
      result: 'failed',
      words: /it has expired/,
      remedy: /import-cert/,
    },
    {
      what: 'for another host',
      issue: () => authority.issue({ hosts: ['other.example.com'] }),
      result: 'failed',
      words: /for another host name/,
      remedy: /serverName of the upstream office/,
    },
    {
      what: 'ending soon',
      issue: () => authority.issue({ validTo: Date.now() + 10.5 * DAY }),
      result: 'warning',
      words: /in 10 days/,
      remedy: /renew the certificate before/,
    },
  ];
  for (const { what, issue, result, words, remedy } of certificates) {
    it(`shows a certificate that is ${what}, and what to do`, async () => {
      const { step } = await verifyServer(
        { security: 'starttls', certificate: await issue() },
        { security: 'starttls' },
      );
      const tls = step('tls');
      expect(tls?.result).to.equal(result);
      expect(`${tls?.text} ${tls?.cause}`).to.match(words);
      expect(tls?.remedy).to.match(remedy);
      expect(tls?.details?.['chain']).to.have.length(1);
      expect(tls?.details?.['version']).to.equal('TLSv1.3');
    });
  }

  it('ends in two minutes whatever the server does, and says so', async () => {
    const clock = new ManualClock();
    const never = createServer(() => undefined);
    await new Promise<void>((resolve) => never.listen(0, '127.0.0.1', resolve));
    const address = never.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const upstream = localUpstream(port, { timeout: { connect: '1h', command: '1h', data: '1h' } });
    const verifying = verifyUpstream(upstream, { clock, tokens: noTokens });
    let over = false;
    void verifying.finally(() => (over = true));
    let waited = 0;
    for (; !over && waited < 300_000; waited += 1000) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1000);
    }
    const { step } = await verifying;
    await new Promise((resolve) => never.close(resolve));
    expect(waited).to.be.lessThan(121_000);
    expect(step('greeting')?.result).to.equal('failed');
  });

  it('stops when nobody listens any more, and leaves no connection', async () => {
    const server = await startScriptedServer({ script: { banner: { silent: true } } });
    try {
      const gone = new AbortController();
      const verifying = verifyUpstream(
        localUpstream(server.port, { timeout: { connect: '1h', command: '1h', data: '1h' } }),
        { signal: gone.signal },
      );
      while (server.connections() === 0) await new Promise((resolve) => setImmediate(resolve));
      gone.abort();
      const { step } = await verifying;
      expect(step('greeting')?.cause).to.equal('The verification was given up.');
      while (server.open() > 0) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      await server.close();
    }
  });

  it('shows no secret, whatever the server echoes', async () => {
    const auth = Buffer.from(`\u0000relay@example.com\u0000${PASSWORD}`).toString('base64');
    for (const echo of [PASSWORD, auth, PASSWORD.toUpperCase()]) {
      const { steps } = await verifyServer(
        {
          ...signsIn,
          script: {
            auth: { reply: `535 5.7.8 you said ${echo}` },
            banner: { reply: `220 ${PASSWORD} ESMTP` },
          },
        },
        { authentication: password, name: 'office' },
      );
      const told = JSON.stringify(steps);
      expect(steps.some(({ step, result }) => step === 'sign-in' && result === 'failed')).to.equal(true);
      expect(told.toLowerCase()).not.to.contain(PASSWORD.toLowerCase());
      expect(told).not.to.contain(auth);
    }
  });
});
