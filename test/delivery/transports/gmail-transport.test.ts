import { expect } from 'chai';
import { isOversize } from '../../../src/delivery/classify.ts';
import type { Outcome } from '../../../src/delivery/outcome.ts';
import { isSenderRefusal } from '../../../src/delivery/sender-policy.ts';
import type { NoToken } from '../../../src/oauth/token-source.ts';
import { type ApiReaction, type ApiServer, startApiServer } from '../../support/api-server.ts';
import {
  apiMessage,
  apiTransport,
  bodyOf,
  MESSAGE,
  never,
  recipientOutcomes,
  testTokens,
  to,
  unavailable,
} from './support.ts';

const taken: ApiReaction = { status: 200, body: { id: '18c2f', threadId: '18c2f', labelIds: ['SENT'] } };

const refusal = (status: number, reason: string, message: string, extra = {}): ApiReaction => ({
  status,
  body: { error: { code: status, message, errors: [{ domain: 'global', reason, message }], ...extra } },
});

function brief(outcome: Outcome): string {
  const one = outcome.kind === 'unavailable' ? outcome : outcome.recipients[0];
  return `${one?.kind}${one && 'reason' in one ? ` ${one.reason}` : ''}`;
}

describe('Gmail transport', () => {
  let server: ApiServer;
  afterEach(() => server.close());
  const account = {
    flow: 'service-account',
    perSender: true,
    mailbox: 'relay@example.com',
  };

  it('uploads the message byte for byte', async () => {
    server = await startApiServer(() => taken);
    const content = Buffer.concat([
      Buffer.from(MESSAGE),
      Buffer.from('Gr\xfc\xdfe\r\n'.repeat(50_000), 'latin1'),
    ]);
    const outcome = await apiTransport('gmail', server.url).deliver(
      apiMessage(bodyOf(content)),
      to('ann@example.com'),
      never,
    );
    expect(recipientOutcomes(outcome)).to.deep.equal([
      { kind: 'delivered', reply: { code: 200, text: 'accepted by the Gmail API as 18c2f' } },
    ]);
    const [request] = server.requests;
    expect(request?.method).to.equal('POST');
    expect(request?.path).to.equal('/upload/gmail/v1/users/me/messages/send?uploadType=media');
    expect(request?.headers['content-type']).to.equal('message/rfc822');
    expect(request?.headers['content-length']).to.equal(String(content.length));
    expect(request?.headers.authorization).to.equal('Bearer token-1');
    expect(request?.body.equals(content)).to.equal(true);
  });

  it('names hidden recipients in Bcc, and nobody who is not in the envelope', async () => {
    server = await startApiServer(() => taken);
    const recipients = to('hidden@example.com');
    await apiTransport('gmail', server.url).deliver(apiMessage(MESSAGE), recipients, never);
    expect(server.requests[0]?.body.toString()).to.equal(
      MESSAGE.replace('To:', 'X-Original-To:').replace(
        '.com>\r\n\r\n',
        '.com>\r\nBcc: <hidden@example.com>\r\n\r\n',
      ),
    );
  });

  it('asks for a token of the sender’s mailbox for a service account', async () => {
    server = await startApiServer(() => taken);
    const tokens = testTokens();
    const transport = apiTransport('gmail', server.url, { authentication: account, deps: { tokens } });
    await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never);
    await transport.deliver(apiMessage(MESSAGE, { sender: '' }), to('ann@example.com'), never);
    expect(tokens.asked.map(({ mailbox }) => mailbox)).to.deep.equal([
      'scanner@example.com',
      'relay@example.com',
    ]);
  });

  describe('where no token is given out for the sender', () => {
    const none: NoToken = { kind: 'unavailable', reason: 'authentication', text: 'Unknown user.' };
    const rewriting = { from: { rewrite: 'if-refused', address: 'relay@example.com' } };

    it('refuses the sender, so that rewriting can help', async () => {
      server = await startApiServer(() => taken);
      const tokens = testTokens(({ mailbox }) => (mailbox === 'scanner@example.com' ? none : undefined));
      const transport = apiTransport('gmail', server.url, {
        authentication: account,
        upstream: rewriting,
        deps: { tokens },
      });
      const outcome = await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never);
      expect(recipientOutcomes(outcome).every(isSenderRefusal)).to.equal(true);
    });

    it('is unavailable when the default mailbox gets none either', async () => {
      server = await startApiServer(() => taken);
      const transport = apiTransport('gmail', server.url, {
        authentication: account,
        upstream: rewriting,
        deps: { tokens: testTokens(() => none) },
      });
      const outcome = await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never);
      expect(unavailable(outcome).reason).to.equal('authentication');
    });

    it('holds the mail where nothing may be rewritten', async () => {
      server = await startApiServer(() => taken);
      const tokens = testTokens(({ mailbox }) => (mailbox === 'scanner@example.com' ? none : undefined));
      const transport = apiTransport('gmail', server.url, { authentication: account, deps: { tokens } });
      expect(brief(await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never))).to.equal(
        'deferred sender',
      );
    });
  });

  const rows: readonly [ApiReaction, string][] = [
    [refusal(403, 'rateLimitExceeded', 'Rate Limit Exceeded'), 'unavailable throttled'],
    [refusal(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded'), 'unavailable throttled'],
    [refusal(403, 'dailyLimitExceeded', 'Daily Limit Exceeded'), 'unavailable quota'],
    [refusal(403, 'quotaExceeded', 'Quota exceeded'), 'unavailable quota'],
    [
      refusal(400, 'failedPrecondition', 'Mail service not enabled', { status: 'FAILED_PRECONDITION' }),
      'unavailable configuration',
    ],
    [
      refusal(400, 'invalidArgument', 'Invalid To header', { status: 'INVALID_ARGUMENT' }),
      'rejected recipient',
    ],
    [refusal(403, 'insufficientPermissions', 'Insufficient Permission'), 'unavailable configuration'],
    [
      {
        status: 403,
        body: {
          error: {
            code: 403,
            status: 'PERMISSION_DENIED',
            message: 'x',
            details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }],
          },
        },
      },
      'unavailable configuration',
    ],
    [refusal(500, 'backendError', 'Backend Error'), 'deferred busy'],
    [{ status: 200, body: '<html>Welcome</html>' }, 'deferred in-doubt'],
    [{ status: 200, body: { id: 7 } }, 'deferred in-doubt'],
    ['reset', 'deferred in-doubt'],
  ];
  for (const [reaction, verdict] of rows) {
    it(`makes of ${JSON.stringify(reaction).slice(0, 90)}: ${verdict}`, async () => {
      server = await startApiServer(() => reaction);
      const outcome = await apiTransport('gmail', server.url).deliver(
        apiMessage(MESSAGE),
        to('ann@example.com'),
        never,
      );
      expect(brief(outcome)).to.equal(verdict);
    });
  }

  it('waits until the moment that Gmail names', async () => {
    const moment = new Date(Date.now() + 600_000).toISOString();
    server = await startApiServer(() =>
      refusal(429, 'rateLimitExceeded', `User-rate limit exceeded.  Retry after ${moment}`),
    );
    const outcome = unavailable(
      await apiTransport('gmail', server.url).deliver(apiMessage(MESSAGE), to('ann@example.com'), never),
    );
    expect(outcome.retryAfter).to.be.within(590_000, 600_000);
  });

  it('does not upload what is larger than Gmail takes', async () => {
    server = await startApiServer(() => taken);
    const body = { size: 36_700_161, chunks: () => bodyOf(MESSAGE).chunks() };
    const [outcome] = recipientOutcomes(
      await apiTransport('gmail', server.url).deliver(apiMessage(body), to('ann@example.com'), never),
    );
    expect(outcome?.kind === 'rejected' && isOversize(outcome.reply)).to.equal(true);
    expect(server.requests).to.have.length(0);
  });
});
