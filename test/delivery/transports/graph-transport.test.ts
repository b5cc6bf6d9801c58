import { expect } from 'chai';
import { isOversize } from '../../../src/delivery/classify.ts';
import type { Outcome } from '../../../src/delivery/outcome.ts';
import { isSenderRefusal } from '../../../src/delivery/sender-policy.ts';
import { createRequestWindow } from '../../../src/delivery/transports/api/request-window.ts';
import { type ApiReaction, type ApiServer, startApiServer } from '../../support/api-server.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
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

const error = (status: number, code: string, message = 'words'): ApiReaction => ({
  status,
  body: { error: { code, message } },
});

const sent = (server: ApiServer, index = 0): string =>
  Buffer.from(server.requests[index]?.body.toString() ?? '', 'base64').toString();

function brief(outcome: Outcome): string {
  const one = outcome.kind === 'unavailable' ? outcome : outcome.recipients[0];
  return `${one?.kind}${one && 'reason' in one ? ` ${one.reason}` : ''}`;
}

describe('Graph transport', () => {
  let server: ApiServer;
  afterEach(() => server.close());

  it('sends the message byte for byte as base64 without line breaks, from the default mailbox', async () => {
    server = await startApiServer(() => ({ status: 202, headers: { 'request-id': 'abc-1' } }));
    const transport = apiTransport('graph', `${server.url}/`);
    const outcome = await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never);
    expect(recipientOutcomes(outcome)).to.deep.equal([
      {
        kind: 'delivered',
        reply: { code: 202, text: 'accepted by Microsoft Graph, not yet delivered (request abc-1)' },
      },
    ]);
    expect(outcome.timing.connecting).to.be.at.least(0);
    expect(outcome.timing.sending).to.be.above(0);
    const [request] = server.requests;
    expect(request?.method).to.equal('POST');
    expect(request?.path).to.equal('/v1.0/users/relay%40example.com/sendMail');
    expect(request?.headers['content-type']).to.equal('text/plain');
    expect(request?.headers.authorization).to.equal('Bearer token-1');
    expect(request?.headers['content-length']).to.equal(String(request?.body.length));
    expect(request?.body.toString()).to.equal(Buffer.from(MESSAGE).toString('base64'));
  });

  it('keeps bytes above 127 and long bodies as they are, in whatever pieces they come', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const content = Buffer.concat([
      Buffer.from(MESSAGE),
      Buffer.from('Grüße 🎉\r\n\xff\xfe\r\n'.repeat(20_000), 'latin1'),
    ]);
    for (const piece of [1000, 65_536, 262_144]) {
      const message = apiMessage(bodyOf(content, piece), { eightBit: true });
      await apiTransport('graph', server.url).deliver(message, to('ann@example.com'), never);
      const body = server.requests.at(-1)?.body.toString() ?? '';
      expect(Buffer.from(body, 'base64').equals(content)).to.equal(true);
    }
  });

  const paths: readonly [string, Record<string, unknown>, string, string][] = [
    [
      'me, where a person signed in',
      { flow: 'authorization-code', email: 'relay@example.com' },
      'a@example.com',
      '/v1.0/me/sendMail',
    ],
    [
      'a shared mailbox of that person',
      { flow: 'device-code', email: 'ann@example.com' },
      'a@example.com',
      '/v1.0/users/relay%40example.com/sendMail',
    ],
    [
      'the sender’s own mailbox',
      { perSender: true },
      'a@example.com',
      '/v1.0/users/a%40example.com/sendMail',
    ],
    ['the default mailbox for a report', { perSender: true }, '', '/v1.0/users/relay%40example.com/sendMail'],
    [
      'the default mailbox for a way out of the path',
      { perSender: true },
      '..',
      '/v1.0/users/relay%40example.com/sendMail',
    ],
    [
      'an escaped mailbox',
      { perSender: true },
      'a%2f..?x@example.com',
      '/v1.0/users/a%252f..%3Fx%40example.com/sendMail',
    ],
    [
      'the default mailbox as the upstream itself',
      { perSender: true },
      'Relay@example.com',
      '/v1.0/users/relay%40example.com/sendMail',
    ],
    [
      'a mailbox with odd letters',
      { perSender: true },
      'a/../b?c#d@example.com',
      '/v1.0/users/a%2F..%2Fb%3Fc%23d%40example.com/sendMail',
    ],
  ];
  for (const [what, authentication, sender, path] of paths) {
    it(`sends from ${what}`, async () => {
      server = await startApiServer(() => ({ status: 202 }));
      const transport = apiTransport('graph', server.url, { authentication });
      await transport.deliver(apiMessage(MESSAGE, { sender }), to('ann@example.com'), never);
      expect(server.requests[0]?.path).to.equal(path);
    });
  }

  it('says what is missing when it knows no mailbox', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const transport = apiTransport('graph', server.url, { authentication: { mailbox: undefined } });
    const outcome = await transport.deliver(apiMessage(MESSAGE, { sender: '' }), to('a@example.com'), never);
    expect(unavailable(outcome).reason).to.equal('configuration');
    expect(server.requests).to.have.length(0);
  });

  it('names hidden recipients in Bcc, and nobody who is not in the envelope', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const transport = apiTransport('graph', server.url);
    const content = MESSAGE.replace('To: Ann', 'Cc: done@example.com\r\nTo: Ann');
    await transport.deliver(apiMessage(content), to('ann@EXAMPLE.com', 'hidden@example.com'), never);
    expect(sent(server)).to.equal(
      content
        .replace('Cc:', 'X-Original-Cc:')
        .replace('<1@example.com>\r\n', '<1@example.com>\r\nBcc: <hidden@example.com>\r\n'),
    );
  });

  it('divides many recipients, and each message names its own', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const transport = apiTransport('graph', server.url, {
      upstream: { limits: { recipientsPerMessage: 2 } },
    });
    const recipients = to('ann@example.com', 'b@example.com', 'c@example.com');
    const outcome = await transport.deliver(apiMessage(MESSAGE), recipients, never);
    expect(recipientOutcomes(outcome)).to.have.length(3);
    expect(sent(server, 0)).to.include('To: Ann <ann@example.com>').and.include('Bcc: <b@example.com>');
    expect(sent(server, 1))
      .to.match(/^X-Original-To: Ann/m)
      .and.include('Bcc: <c@example.com>');
  });

  it('finds the recipient that is refused, so that the others get the message once', async () => {
    server = await startApiServer(({ body }) =>
      Buffer.from(body.toString(), 'base64').includes('<bad@example.com>')
        ? error(400, 'ErrorInvalidRecipients')
        : { status: 202 },
    );
    const addresses = ['b', 'c', 'bad', 'd', 'e', 'f'].map((name) => `${name}@example.com`);
    const outcome = await apiTransport('graph', server.url).deliver(
      apiMessage(MESSAGE),
      to(...addresses),
      never,
    );
    expect(recipientOutcomes(outcome).map(({ kind }) => kind)).to.deep.equal(
      addresses.map((address) => (address.startsWith('bad') ? 'rejected' : 'delivered')),
    );
    const taken = server.requests
      .map((_, index) => sent(server, index))
      .filter((text) => !text.includes('<bad@'));
    const named = taken.flatMap((text) => text.match(/<\w@example\.com>/g) ?? []);
    expect(named.filter((each) => each !== '<1@example.com>').toSorted()).to.deep.equal([
      '<b@example.com>',
      '<c@example.com>',
      '<d@example.com>',
      '<e@example.com>',
      '<f@example.com>',
    ]);
  });

  it('takes an address out of the name of the sender, for which Graph would refuse it', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const content = MESSAGE.replace('From: Scanner', 'From: "scanner@example.com"');
    await apiTransport('graph', server.url).deliver(apiMessage(content), to('ann@example.com'), never);
    expect(sent(server)).to.equal(content.replace('"scanner@example.com" ', ''));
  });

  it('renews a token that is refused, once', async () => {
    server = await startApiServer((_request, count) =>
      count === 1 ? error(401, 'InvalidAuthenticationToken') : { status: 202 },
    );
    const tokens = testTokens();
    const transport = apiTransport('graph', server.url, { deps: { tokens } });
    const outcome = await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never);
    expect(brief(outcome)).to.equal('delivered');
    expect(tokens.refusals).to.deep.equal(['token-1']);
    expect(server.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('goes on with the new token for the recipients that are left', async () => {
    server = await startApiServer(({ headers }) =>
      headers.authorization === 'Bearer token-1' ? error(401, 'InvalidAuthenticationToken') : { status: 202 },
    );
    const transport = apiTransport('graph', server.url, {
      upstream: { limits: { recipientsPerMessage: 1 } },
    });
    await transport.deliver(apiMessage(MESSAGE), to('ann@example.com', 'b@example.com'), never);
    expect(server.requests).to.have.length(3);
  });

  it('is unavailable when the new token is refused as well, and shows neither', async () => {
    server = await startApiServer(({ headers }) =>
      error(401, 'InvalidAuthenticationToken', `no: ${headers.authorization}`),
    );
    const tokens = testTokens();
    const outcome = await apiTransport('graph', server.url, { deps: { tokens } }).deliver(
      apiMessage(MESSAGE),
      to('ann@example.com'),
      never,
    );
    expect(unavailable(outcome).reason).to.equal('authentication');
    expect(server.requests).to.have.length(2);
    expect(tokens.refusals).to.deep.equal(['token-1', 'token-2']);
    expect(JSON.stringify(outcome)).to.include('[secret]').and.not.include('token-');
  });

  it('hands on why there is no token', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const none = {
      kind: 'unavailable',
      reason: 'authentication',
      text: 'No consent.',
      remedy: 'Consent.',
    } as const;
    const transport = apiTransport('graph', server.url, { deps: { tokens: testTokens(() => none) } });
    const { timing: _timing, ...outcome } = await transport.deliver(
      apiMessage(MESSAGE),
      to('a@example.com'),
      never,
    );
    expect(outcome).to.deep.equal(none);
    expect(server.requests).to.have.length(0);
  });

  it('refuses the sender whose own mailbox was not granted, so that rewriting can help', async () => {
    server = await startApiServer(() => error(403, 'ErrorAccessDenied'));
    const options = {
      authentication: { perSender: true },
      upstream: { from: { rewrite: 'if-refused', address: 'relay@example.com' } },
    };
    const outcome = await apiTransport('graph', server.url, options).deliver(
      apiMessage(MESSAGE),
      to('ann@example.com'),
      never,
    );
    expect(recipientOutcomes(outcome).every(isSenderRefusal)).to.equal(true);
  });

  it('holds that sender’s mail where nothing may be rewritten, instead of returning it', async () => {
    server = await startApiServer(() => error(403, 'ErrorAccessDenied'));
    const transport = apiTransport('graph', server.url, { authentication: { perSender: true } });
    const [outcome] = recipientOutcomes(
      await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never),
    );
    expect(outcome).to.deep.include({ kind: 'deferred', reason: 'sender', retryAfter: 900_000 });
    expect(outcome && 'remedy' in outcome ? outcome.remedy : '').to.include('New-ManagementRoleAssignment');
  });

  it('asks twice more when its base64 is called invalid, then refuses the content', async () => {
    server = await startApiServer(() => error(400, 'ErrorMimeContentInvalidBase64String'));
    const outcome = await apiTransport('graph', server.url).deliver(
      apiMessage(MESSAGE),
      to('ann@example.com'),
      never,
    );
    expect(brief(outcome)).to.equal('rejected content');
    expect(server.requests).to.have.length(3);
  });

  it('remembers for an hour that a mailbox takes no larger messages', async () => {
    server = await startApiServer((_request, count) =>
      count === 1 ? error(400, 'ErrorMessageSizeExceeded') : { status: 202 },
    );
    const clock = new ManualClock();
    const transport = apiTransport('graph', server.url, { deps: { clock } });
    const deliver = (size: number) =>
      transport.deliver(apiMessage(MESSAGE + 'x'.repeat(size)), to('ann@example.com'), never);
    for (let round = 0; round < 2; round += 1) {
      const [outcome] = recipientOutcomes(await deliver(2_000_000));
      expect(outcome?.kind === 'rejected' && isOversize(outcome.reply)).to.equal(true);
    }
    expect(brief(await deliver(1_999_999))).to.equal('delivered');
    clock.advance(3_600_000);
    expect(brief(await deliver(2_000_000))).to.equal('delivered');
    expect(server.requests).to.have.length(3);
  });

  it('does not believe that a mailbox takes no small messages', async () => {
    server = await startApiServer((_request, count) =>
      count === 1 ? error(400, 'ErrorMessageSizeExceeded') : { status: 202 },
    );
    const transport = apiTransport('graph', server.url);
    const verdicts: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      verdicts.push(brief(await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never)));
    }
    expect(verdicts).to.deep.equal(['rejected content', 'delivered']);
  });

  it('asks with four requests at once at most, and closes when all are answered', async () => {
    const gate = Promise.withResolvers<void>();
    server = await startApiServer(() => gate.promise.then(() => ({ status: 202 })));
    const transport = apiTransport('graph', server.url);
    const all = Array.from({ length: 10 }, () =>
      transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never),
    );
    await until(() => server.requests.length === 4, 'four requests are under way');
    expect(transport.connections?.()).to.equal(4);
    let closed = false;
    const closing = transport.close().then(() => (closed = true));
    expect(closed).to.equal(false);
    gate.resolve();
    expect((await Promise.all(all)).map(brief)).to.deep.equal(Array.from({ length: 10 }, () => 'delivered'));
    await closing;
    expect(server.atOnce.most).to.be.at.most(4);
    expect(transport.connections?.()).to.equal(0);
  });

  it('stays within 150 MB in five minutes for each mailbox, and says when it goes on', async () => {
    server = await startApiServer(() => ({ status: 202 }), { keepBodies: false });
    const clock = new ManualClock();
    const transport = apiTransport('graph', server.url, {
      deps: { clock },
      authentication: { perSender: true },
    });
    const large = Buffer.concat([Buffer.from(MESSAGE), Buffer.alloc(3_000_000, 'x')]);
    const deliver = (sender: string) =>
      transport.deliver(apiMessage(bodyOf(large, 262_144), { sender }), to('ann@example.com'), never);
    for (let count = 0; count < 37; count += 1)
      expect(brief(await deliver('a@example.com'))).to.equal('delivered');
    const outcome = unavailable(await deliver('a@example.com'));
    expect(outcome.reason).to.equal('throttled');
    expect(outcome.retryAfter).to.be.within(300_000, 305_000);
    expect(brief(await deliver('b@example.com'))).to.equal('delivered');
    clock.advance(outcome.retryAfter ?? 0);
    expect(brief(await deliver('a@example.com'))).to.equal('delivered');
    expect(createRequestWindow(1, 1).wait(0, 1)).to.equal(0);
  }).timeout(10_000);

  it('waits for Retry-After', async () => {
    server = await startApiServer(() => ({
      status: 429,
      headers: { 'retry-after': '17' },
      body: { error: { code: 'TooManyRequests', message: 'slow down' } },
    }));
    const outcome = unavailable(
      await apiTransport('graph', server.url).deliver(apiMessage(MESSAGE), to('ann@example.com'), never),
    );
    expect(outcome).to.deep.include({ reason: 'throttled', retryAfter: 17_000 });
    expect(outcome.reply).to.deep.equal({ code: 429, text: 'TooManyRequests: slow down' });
  });

  it('does not end a request for a message that is another node’s by now', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const message = apiMessage(MESSAGE, { mayFinish: () => false });
    const outcome = await apiTransport('graph', server.url).deliver(message, to('ann@example.com'), never);
    expect(brief(outcome)).to.equal('deferred busy');
    expect(server.requests).to.have.length(0);
  });

  it('lets go when told to stop: in doubt behind the message, busy before', async () => {
    server = await startApiServer(() => () => undefined);
    const stop = new AbortController();
    const transport = apiTransport('graph', server.url);
    const running = Array.from({ length: 5 }, () =>
      transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), stop.signal),
    );
    await until(() => server.requests.length === 4, 'the requests are under way');
    stop.abort();
    const outcomes = (await Promise.all(running)).map(brief);
    expect(outcomes).to.deep.equal([
      ...Array.from({ length: 4 }, () => 'deferred in-doubt'),
      'deferred busy',
    ]);
    expect(brief(await transport.deliver(apiMessage(MESSAGE), to('a@example.com'), stop.signal))).to.equal(
      'deferred busy',
    );
  });

  it('is unavailable when nobody listens', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const { url } = server;
    await server.close();
    const outcome = unavailable(
      await apiTransport('graph', url).deliver(apiMessage(MESSAGE), to('ann@example.com'), never),
    );
    expect(outcome.reason).to.equal('unreachable');
    expect(outcome.text).to.match(/^127\.0\.0\.1:\d+ refuses connections\.$/);
  });

  it('throws when the message cannot be read, which is a fault of ours', async () => {
    server = await startApiServer(() => ({ status: 202 }));
    const body = { size: MESSAGE.length + 1, chunks: () => bodyOf(MESSAGE).chunks() };
    const failure = await apiTransport('graph', server.url)
      .deliver(apiMessage(body), to('ann@example.com'), never)
      .catch((cause: unknown) => cause);
    expect(String(failure)).to.include('bytes instead of');
    expect(server.requests).to.have.length(0);
  });

  const hostile: readonly [string, ApiReaction, string][] = [
    ['a page', { status: 403, body: '<html>Login</html>' }, 'unavailable configuration'],
    ['a page with 200', { status: 200, body: '<html>Welcome</html>' }, 'deferred in-doubt'],
    [
      'JSON of another shape',
      { status: 500, body: { error: [{ code: { a: 1 } }], __proto__: null } },
      'deferred busy',
    ],
    ['a text as error', { status: 400, body: { error: 'invalid_request' } }, 'rejected other'],
    ['a number', { status: 400, body: '7' }, 'rejected other'],
    [
      'broken JSON',
      { status: 503, headers: { 'retry-after': 'tomorrow' }, body: '{"error":' },
      'unavailable throttled',
    ],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      'unavailable configuration',
    ],
    ['nothing', { status: 500 }, 'deferred busy'],
    ['a reset', 'reset', 'deferred in-doubt'],
    [
      'half an answer',
      (response) =>
        void response.writeHead(202, { 'content-length': '100' }).write('x', () => response.destroy()),
      'deferred in-doubt',
    ],
    [
      'no HTTP at all',
      (response) => void response.socket?.end('220 mail.example.com ESMTP\r\n'),
      'deferred in-doubt',
    ],
  ];
  for (const [what, reaction, verdict] of hostile) {
    it(`makes of ${what}: ${verdict}`, async () => {
      server = await startApiServer(() => reaction);
      const outcome = await apiTransport('graph', server.url).deliver(
        apiMessage(MESSAGE),
        to('ann@example.com'),
        never,
      );
      expect(brief(outcome)).to.equal(verdict);
    });
  }

  it('reads no endless answer, and no endless words', async () => {
    server = await startApiServer((_request, count) =>
      count === 1
        ? (response) => {
            response.writeHead(500, { 'content-type': 'application/json' });
            const more = (): void => {
              while (!response.destroyed && response.write('x'.repeat(65_536)));
              if (!response.destroyed) response.once('drain', more);
            };
            more();
          }
        : error(400, 'Code\u0000', `a\r\nb\u202e${'x'.repeat(50_000)}`),
    );
    const transport = apiTransport('graph', server.url);
    expect(brief(await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never))).to.equal(
      'deferred in-doubt',
    );
    const [outcome] = recipientOutcomes(
      await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never),
    );
    expect(outcome?.reply.text.length).to.be.at.most(1000);
    expect(outcome?.reply.text).to.match(/: a b x+/);
  });

  it('takes an answer that comes before the whole message went', async () => {
    server = await startApiServer(() => ({ status: 202 }), {
      early: { status: 413, body: { error: { code: 'RequestEntityTooLarge', message: 'no' } } },
    });
    const large = Buffer.concat([Buffer.from(MESSAGE), Buffer.alloc(900_000, 'x')]);
    const [outcome] = recipientOutcomes(
      await apiTransport('graph', server.url).deliver(
        apiMessage(bodyOf(large)),
        to('ann@example.com'),
        never,
      ),
    );
    expect(outcome?.kind === 'rejected' && isOversize(outcome.reply)).to.equal(true);
  });

  it('gives up in time when no answer comes', async () => {
    server = await startApiServer(() => () => undefined);
    const transport = apiTransport('graph', server.url, {
      upstream: { timeout: { connect: '1s', data: '100ms' } },
    });
    const outcome = await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never);
    expect(brief(outcome)).to.equal('deferred in-doubt');
  });
});
