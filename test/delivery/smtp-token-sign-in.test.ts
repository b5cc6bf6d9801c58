import { expect } from 'chai';
import * as fc from 'fast-check';
import { chooseTokenMethod } from '../../src/delivery/transports/smtp/choose-method.ts';
import { authLine, tokenMessage } from '../../src/delivery/transports/smtp/token-sign-in.ts';
import { fakeTokens, jsonWebToken } from '../support/fake-tokens.ts';
import type { ScriptedServerOptions, ShownToken, TokenVerdict } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';
import {
  closeAll,
  deliver,
  message,
  smtpUpstream,
  startUpstream,
  summary,
  testUpstreams,
  to,
} from './support.ts';

const authentication = (more: object = {}) => ({
  authentication: {
    type: 'oauth2' as const,
    provider: 'microsoft' as const,
    flow: 'authorization-code' as const,
    email: 'relay@example.com',
    tenantId: 'tenant-1',
    clientId: 'client-1',
    ...more,
  },
});

const bad = { reply: '535 5.7.3 Authentication unsuccessful' };
const claims = { aud: 'https://outlook.office.com', tid: 'tenant-9', scp: 'SMTP.Send' };

/** An upstream at a server that judges tokens. */
async function start(
  judge: (shown: ShownToken) => TokenVerdict,
  options: {
    readonly oauth?: object;
    readonly server?: ScriptedServerOptions;
    readonly next?: Parameters<typeof fakeTokens>[0];
    readonly command?: string;
  } = {},
) {
  const shown: ShownToken[] = [];
  const tokens = fakeTokens(options.next ?? ((count) => `token-${count}`));
  const test = await startUpstream(
    {
      mechanisms: ['XOAUTH2', 'OAUTHBEARER'],
      token(one) {
        shown.push(one);
        return judge(one);
      },
      ...options.server,
    },
    {
      ...authentication(options.oauth),
      timeout: { connect: '2s', command: options.command ?? '2s', data: '2s' },
    },
    { tokens },
  );
  return { ...test, tokens, shown };
}

describe('signing in with a token', () => {
  afterEach(closeAll);

  it('chooses what the provider documents, the standard elsewhere, and nothing that is not offered', () => {
    const both = ['PLAIN', 'XOAUTH2', 'OAUTHBEARER'];
    expect(chooseTokenMethod('auto', both, 'microsoft')).to.equal('XOAUTH2');
    expect(chooseTokenMethod('auto', both, 'google')).to.equal('XOAUTH2');
    expect(chooseTokenMethod('auto', both, 'generic')).to.equal('OAUTHBEARER');
    expect(chooseTokenMethod('auto', ['XOAUTH2'], 'generic')).to.equal('XOAUTH2');
    expect(chooseTokenMethod('OAUTHBEARER', both, 'google')).to.equal('OAUTHBEARER');
    expect(chooseTokenMethod('OAUTHBEARER', ['XOAUTH2'], 'google')).to.equal(undefined);
    expect(chooseTokenMethod('auto', ['PLAIN'], 'google')).to.equal(undefined);
  });

  for (const mechanism of ['XOAUTH2', 'OAUTHBEARER'] as const) {
    for (const length of [20, 500, 1500, 5000]) {
      it(`uses ${mechanism} with a token of ${length} characters`, async () => {
        const token = jsonWebToken(claims, length).slice(0, Math.max(length, 20));
        const { upstreams, shown, server } = await start(() => true, {
          oauth: { method: mechanism },
          next: () => token,
        });
        expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
        expect(shown).to.have.length(1);
        expect(shown[0]).to.include({ mechanism, token, user: 'relay@example.com' });
        expect(shown[0]?.steps).to.equal(token.length > 300 ? 2 : 1);
        expect(Math.max(...server.lines.map((line) => line.length))).to.be.at.most(510);
      });
    }
  }

  it('says what RFC 7628 asks for, and escapes what has a meaning there', () => {
    const said = Buffer.from(
      tokenMessage('OAUTHBEARER', 'a=b,c@x.test', 'T', { host: 'smtp.x.test', port: 587 }),
      'base64',
    ).toString();
    expect(said).to.equal(
      'n,a=a=3Db=2Cc@x.test,\u0001host=smtp.x.test\u0001port=587\u0001auth=Bearer T\u0001\u0001',
    );
  });

  it('never writes a command line that is longer than 512 octets', () => {
    fc.assert(
      fc.property(fc.nat(2000), (length) => {
        const line = authLine('XOAUTH2', 'x'.repeat(length));
        if (line === undefined) expect(length).to.be.above(512 - 'AUTH XOAUTH2 \r\n'.length);
        else expect(line.length).to.be.at.most(510);
      }),
    );
  });

  it('signs in as the mailbox where it is another than the account', async () => {
    const { upstreams, shown } = await start(() => true, { oauth: { mailbox: 'shared@example.com' } });
    await deliver(upstreams);
    expect(shown[0]?.user).to.equal('shared@example.com');
  });

  it('asks for a token when it connects, and not for each message', async () => {
    const { upstreams, tokens } = await start(() => true);
    for (let count = 0; count < 5; count += 1) await deliver(upstreams);
    expect(tokens.requests).to.have.length(1);
  });

  it('renews a refused token once and sends within the same attempt', async () => {
    const { upstreams, tokens, server } = await start(({ token }) => (token === 'token-2' ? true : bad));
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    expect(tokens.refusals).to.deep.equal(['token-1']);
    expect(server.connections()).to.equal(2);
  });

  it('renews at once a token that will expire soon', async () => {
    const { upstreams } = await start(({ token }) =>
      token === 'token-2' ? true : { reply: '501 5.5.127 Authentication failed. Token will expire soon' },
    );
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
  });

  it('holds the upstream when the new token is refused as well, and shows whom the token is for', async () => {
    const { upstreams, tokens, shown } = await start(() => bad, {
      next: (count) => jsonWebToken({ ...claims, count }),
    });
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable authentication');
    expect(shown).to.have.length(2);
    expect(tokens.issued()).to.equal(2);
    expect(outcome)
      .to.have.property('text')
      .that.contains('relay@example.com')
      .and.contains('535 5.7.3 Authentication unsuccessful')
      .and.contains('audience https://outlook.office.com, tenant tenant-9, scopes SMTP.Send');
  });

  it('does not try the same token twice', async () => {
    const { upstreams, shown } = await start(() => bad, { next: () => 'the only one' });
    expect(summary((await deliver(upstreams)).outcome)).to.equal('unavailable authentication');
    expect(shown).to.have.length(1);
  });

  it('renews nothing where another token would fare no better', async () => {
    const { upstreams, tokens, server } = await start(() => ({
      reply:
        '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled',
    }));
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable authentication');
    expect(outcome).to.have.property('remedy').that.contains('Set-CASMailbox');
    expect(tokens.refusals).to.deep.equal([]);
    expect(server.connections()).to.equal(1);
  });

  for (const [mechanism, answer] of [
    ['XOAUTH2', ''],
    ['OAUTHBEARER', 'AQ=='],
  ] as const) {
    it(`keeps the explanation of a server behind ${mechanism}`, async () => {
      const { upstreams, server } = await start(
        () => ({
          reply: '535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 For more information go there',
          explanation: '{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}',
        }),
        { oauth: { method: mechanism, provider: 'google' } },
      );
      const { outcome } = await deliver(upstreams);
      expect(summary(outcome)).to.equal('unavailable authentication');
      expect(outcome).to.have.nested.property('reply.code', 535);
      expect(outcome).to.have.nested.property('reply.text').that.contains('"status":"400"');
      expect(outcome).to.have.property('remedy').that.contains('https://mail.google.com/');
      expect(server.lines.filter((line) => line.startsWith('(answer)'))).to.deep.equal([
        `(answer) ${answer}`,
        `(answer) ${answer}`,
      ]);
    });
  }

  it('hands on that there is no token, and does not connect', async () => {
    const problem = {
      kind: 'unavailable' as const,
      reason: 'authentication' as const,
      text: 'Nobody has authorized it.',
      remedy: 'scripts/postern authorize office',
      retryAfter: 20_000,
    };
    const { upstreams, server } = await start(() => true, { next: () => problem });
    const { outcome } = await deliver(upstreams);
    expect(outcome).to.deep.include(problem);
    expect(server.connections()).to.equal(0);
    expect(upstreams.status()[0]).to.include({ circuit: 'open', text: 'Nobody has authorized it.' });
  });

  it('says what is offered when no mechanism fits', async () => {
    const { upstreams, shown } = await start(() => true, { server: { mechanisms: ['PLAIN', 'LOGIN'] } });
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable authentication');
    expect(outcome).to.have.property('text').that.contains('PLAIN, LOGIN');
    expect(shown).to.have.length(0);
  });

  it('shows no token on a connection that is not encrypted, but to this machine', async () => {
    const { server } = await startUpstream({ mechanisms: ['XOAUTH2'] });
    const { upstreams, log } = testUpstreams(
      { upstreams: [smtpUpstream(server.port, { host: 'relay.invalid', ...authentication() })] },
      {
        tokens: fakeTokens(() => 'planted-token-123'),
        dial: async (_host, port) => {
          const { connect } = await import('node:net');
          return connect(port, '127.0.0.1');
        },
      },
    );
    const { outcome } = await deliver(upstreams);
    await upstreams.close();
    expect(summary(outcome)).to.equal('unavailable configuration');
    expect(outcome).to.have.property('remedy').that.contains('starttls');
    expect(server.lines.join() + log.text()).not.to.contain('AUTH');
  });

  const hostile: readonly (readonly [string, Partial<ScriptedServerOptions>, string])[] = [
    ['asks again and again', { script: { auth: { reply: '334 ' } } }, 'unavailable authentication'],
    ['cuts the connection', { script: { auth: { cut: 'instead' } } }, 'unavailable unreachable'],
    ['never answers', { script: { auth: { silent: true } } }, 'unavailable unreachable'],
    ['says nonsense', { script: { auth: { reply: 'what?' } } }, 'unavailable unreachable'],
    [
      'is going away',
      { script: { auth: { reply: '421 4.3.2 bye', cut: 'after' } } },
      'unavailable unreachable',
    ],
    ['fails itself', { script: { auth: { reply: '454 4.7.0 try later' } } }, 'unavailable authentication'],
    [
      'has too many',
      { script: { auth: { reply: '432 4.3.2 Concurrent connections limit exceeded' } } },
      'deferred connections',
    ],
    ['says two things', { script: { auth: { reply: '235 2.7.0 ok\r\n250 2.0.0 more' } } }, 'deferred busy'],
  ];
  for (const [name, server, expected] of hostile) {
    it(`ends with a server that ${name}, and blames no token for it`, async () => {
      const { upstreams, tokens } = await start(() => true, { server, command: '200ms' });
      const { outcome } = await deliver(upstreams);
      expect(summary(outcome)).to.equal(expected);
      if (name !== 'asks again and again') expect(tokens.refusals).to.deep.equal([]);
    });
  }

  const TOKEN = 'planted-Token.7391-abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const BASE64 = Buffer.from(TOKEN).toString('base64');
  const MESSAGE = tokenMessage('XOAUTH2', 'relay@example.com', TOKEN, { host: '127.0.0.1', port: 1 });
  const echo = `I do not like ${TOKEN} nor ${BASE64} nor ${MESSAGE} nor ${TOKEN.slice(9, 40)}`;
  const echoes: readonly (readonly [string, TokenVerdict, ScriptedServerOptions['script']])[] = [
    ['refusal', { reply: `535 5.7.8 ${echo}` }, {}],
    ['explanation', { reply: '535 5.7.8 no', explanation: `{"status":"400","why":"${echo}"}` }, {}],
    ['reply to MAIL', true, { mail: { reply: `550 5.7.1 ${echo}` } }],
    ['final reply', true, { final: { reply: `554 5.7.1 ${echo}` } }],
    ['nonsense', true, { auth: { reply: `no reply at all ${echo}` } }],
    ['last words', true, { auth: { reply: `421 ${echo}`, cut: 'after' } }],
  ];
  for (const [name, verdict, script] of echoes) {
    it(`shows nothing of a token that the server repeats in its ${name}`, async () => {
      const { upstreams, log } = await start(() => verdict, {
        oauth: { method: 'XOAUTH2' },
        next: () => TOKEN,
        server: { script: script ?? {} },
      });
      const attempt = await deliver(upstreams, message(), to('a@example.org'));
      const text = JSON.stringify([attempt, upstreams.status()]) + log.text();
      for (const form of [TOKEN, BASE64, MESSAGE, TOKEN.slice(9, 40), 'planted'])
        expect(text).not.to.contain(form);
    });
  }

  for (const reply of ['530 5.7.0 token expired', '535 5.7.3 token has expired', '421 4.7.0 token expired']) {
    it(`signs in anew when a warm connection says ${reply}`, async () => {
      const { upstreams, server, shown } = await start(() => true, {
        server: { script: { mail: ({ transaction }) => (transaction === 2 ? { reply } : undefined) } },
      });
      await deliver(upstreams);
      const { outcome } = await deliver(upstreams);
      expect(summary(outcome)).to.equal('delivered');
      expect(shown).to.have.length(2);
      await until(() => server.open() === 1, 'the old connection is left');
      expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    });
  }

  it('stops waiting for a token when Postern stops', async () => {
    const stop = new AbortController();
    const { upstreams } = await start(() => true, {
      next: () => {
        stop.abort();
        return { kind: 'unavailable', reason: 'unreachable', text: 'stopped' };
      },
    });
    const { outcome } = await deliver(upstreams, message(), to('a@x.test'), stop.signal);
    expect(summary(outcome)).to.equal('deferred busy');
  });
});
