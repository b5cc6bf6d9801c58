import { expect } from 'chai';
import { Secret } from '../../../src/shared/secret.ts';
import { type ApiReaction, startApiServer } from '../../support/api-server.ts';
import { jsonWebToken } from '../../support/fake-tokens.ts';
import { startNetwork } from '../../support/network.ts';
import type { UpstreamInput } from '../support.ts';
import { tokenSource, type VerifyOptions, verifyUpstream } from './support.ts';

const TOKEN = jsonWebToken({ aud: 'https://graph.microsoft.com', roles: ['Mail.Send'] }, 900);
const NO_RECIPIENT = {
  status: 400,
  body: { error: { code: 'ErrorInvalidRecipients', message: 'At least one recipient is not valid.' } },
};

function graph(endpoint: string): UpstreamInput {
  return {
    name: 'office',
    kind: 'graph',
    endpoint,
    authentication: {
      type: 'oauth2',
      provider: 'microsoft',
      flow: 'client-credentials',
      mailbox: 'relay@example.com',
      tenantId: '11111111-2222-3333-4444-555555555555',
      clientId: '99999999-2222-3333-4444-555555555555',
      clientSecret: { value: 'planted-client-secret-value' },
    },
  };
}

async function verifyApi(
  react: (path: string, count: number) => ApiReaction,
  options: VerifyOptions & { readonly upstream?: (url: string) => UpstreamInput } = {},
) {
  const server = await startApiServer(({ path }, count) => react(path, count));
  const network = startNetwork();
  try {
    const { upstream = graph, ...others } = options;
    const verified = await verifyUpstream(upstream(server.url), {
      http: network.http,
      dial: network.dial,
      tokens: tokenSource({ kind: 'token', token: new Secret(TOKEN), expiresAt: Date.now() + 3_600_000 }),
      ...others,
    });
    return { ...verified, requests: server.requests };
  } finally {
    await network.close();
    await server.close();
  }
}

describe('verify an API upstream', () => {
  it('proves the right to send with a message that cannot leave', async () => {
    const { summary, requests, step } = await verifyApi(() => NO_RECIPIENT);
    expect(summary).to.equal(
      'settings ok, secrets ok, proxy ok, dns ok, tcp ok, tls skipped, token ok, api ok, sender skipped',
    );
    expect(requests).to.have.length(1);
    expect(requests[0]?.path).to.equal('/v1.0/users/relay%40example.com/sendMail');
    const sent = Buffer.from(requests[0]?.body.toString() ?? '', 'base64').toString();
    expect(sent).not.to.match(/^(To|Cc|Bcc):/im);
    expect(step('sender')?.text).to.contain('--send-to ADDRESS');
  });

  it('sends a real message through the transport, and tells its reply', async () => {
    const { step, requests, summary } = await verifyApi(
      (_path, count) => (count === 1 ? NO_RECIPIENT : { status: 202 }),
      { sendTo: 'admin@example.com' },
    );
    expect(summary).to.match(/api ok, sender skipped, message ok$/);
    expect(step('message')?.reply?.code).to.equal(202);
    expect(Buffer.from(requests[1]?.body.toString() ?? '', 'base64').toString()).to.contain(
      'admin@example.com',
    );
  });

  const rows: readonly {
    what: string;
    answer: ApiReaction;
    result: string;
    cause?: RegExp;
    remedy?: RegExp;
  }[] = [
    {
      what: 'no right to send',
      answer: { status: 403, body: { error: { code: 'ErrorAccessDenied', message: 'Access is denied.' } } },
      result: 'failed',
      remedy: /relay@example\.com/,
    },
    {
      what: 'no mailbox',
      answer: {
        status: 404,
        body: { error: { code: 'MailboxNotEnabledForRESTAPI', message: 'The mailbox is inactive.' } },
      },
      result: 'failed',
      cause: /has no mailbox relay@example\.com/,
      remedy: /licence/,
    },
    { what: 'a connection that breaks', answer: 'reset', result: 'failed' },
    { what: 'an API that takes everything', answer: { status: 202 }, result: 'warning', remedy: /--send-to/ },
    {
      what: 'an answer that echoes the token',
      answer: {
        status: 401,
        body: { error: { code: 'InvalidAuthenticationToken', message: `bad ${TOKEN}` } },
      },
      result: 'failed',
    },
  ];
  for (const { what, answer, result, cause, remedy } of rows) {
    it(`says what to do: ${what}`, async () => {
      const { step, steps } = await verifyApi(() => answer);
      const api = step('api');
      expect(api?.result).to.equal(result);
      if (cause) expect(api?.cause).to.match(cause);
      if (remedy) expect(api?.remedy).to.match(remedy);
      expect(JSON.stringify(steps)).not.to.contain(TOKEN.slice(-100)).and.not.to.contain('planted-client');
    });
  }

  it('asks Gmail the same of the account that signed in', async () => {
    const { step, requests } = await verifyApi(
      () => ({
        status: 400,
        body: {
          error: {
            code: 400,
            message: 'Recipient address required',
            errors: [{ reason: 'invalidArgument' }],
          },
        },
      }),
      {
        upstream: (endpoint) => ({
          name: 'gmail',
          kind: 'gmail',
          endpoint,
          authentication: {
            type: 'oauth2',
            provider: 'google',
            email: 'relay@example.com',
            clientId: 'c',
            clientSecret: { value: 'planted-secret' },
          },
        }),
      },
    );
    expect(requests[0]?.path).to.equal('/upload/gmail/v1/users/me/messages/send?uploadType=media');
    expect(step('api')?.result).to.equal('ok');
  });

  it('says that an API wants OAuth, and goes no further', async () => {
    const { summary, step, requests } = await verifyApi(() => NO_RECIPIENT, {
      upstream: (endpoint) => ({ name: 'office', kind: 'graph', endpoint }),
    });
    expect(summary)
      .to.contain('settings failed')
      .and.match(/token skipped, api skipped$/);
    expect(step('settings')?.remedy).to.equal('Set authentication of the upstream office to type oauth2.');
    expect(requests).to.have.length(0);
  });
});
