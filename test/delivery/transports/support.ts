/** What the tests of the API transports have in common. */
import type { Outcome, RecipientOutcome, Unavailable } from '../../../src/delivery/outcome.ts';
import type { OutgoingMessage, Transport } from '../../../src/delivery/transport.ts';
import type { ApiTransportDependencies } from '../../../src/delivery/transports/api/api-transport.ts';
import { createGmailTransport } from '../../../src/delivery/transports/gmail/gmail-transport.ts';
import { createGraphTransport } from '../../../src/delivery/transports/graph/graph-transport.ts';
import type { MessageBody } from '../../../src/message/envelope.ts';
import { createNetwork } from '../../../src/network/create-network.ts';
import type { AccessToken, NoToken, TokenRequest, TokenSource } from '../../../src/oauth/token-source.ts';
import { type UpstreamSettings, upstreamSchema } from '../../../src/settings/schema-upstreams.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { Secret } from '../../../src/shared/secret.ts';
import { testSettings, testTrustAnchors } from '../support.ts';

export const MESSAGE = [
  'From: Scanner <scanner@example.com>',
  'To: Ann <ann@example.com>',
  'Subject: Page 1',
  'Message-ID: <1@example.com>',
  '',
  'Hello',
  '',
].join('\r\n');

/** The real client, without a proxy. */
export const testHttp = createNetwork({
  settings: testSettings({}),
  trustAnchors: testTrustAnchors(),
  clock: systemClock,
}).http;

export interface TestTokens extends TokenSource {
  readonly asked: TokenRequest[];
  readonly refusals: string[];
}

/** Tokens `token-1`, `token-2`, …; a refused one is replaced by the next. */
export function testTokens(none?: (request: TokenRequest) => NoToken | undefined): TestTokens {
  const asked: TokenRequest[] = [];
  const refusals: string[] = [];
  return {
    asked,
    refusals,
    token(request) {
      asked.push(request);
      const token: AccessToken = {
        kind: 'token',
        token: new Secret(`token-${refusals.length + 1}`),
        expiresAt: Number.MAX_SAFE_INTEGER,
      };
      return Promise.resolve(none?.(request) ?? token);
    },
    refused: (_request, token) => void refusals.push(token.reveal()),
  };
}

export interface ApiOptions {
  readonly authentication?: Readonly<Record<string, unknown>>;
  readonly upstream?: Readonly<Record<string, unknown>>;
  readonly deps?: Partial<ApiTransportDependencies>;
}

export function apiUpstream(
  kind: 'graph' | 'gmail',
  endpoint: string,
  options: ApiOptions = {},
): UpstreamSettings {
  return upstreamSchema.parse({
    name: 'office',
    kind,
    endpoint,
    authentication: {
      type: 'oauth2',
      provider: kind === 'graph' ? 'microsoft' : 'google',
      flow: kind === 'graph' ? 'client-credentials' : 'authorization-code',
      mailbox: 'relay@example.com',
      clientId: 'client-1',
      ...options.authentication,
    },
    timeout: { connect: '2s', data: '2s' },
    ...options.upstream,
  });
}

export function apiTransport(kind: 'graph' | 'gmail', endpoint: string, options: ApiOptions = {}): Transport {
  const upstream = apiUpstream(kind, endpoint, options);
  const deps = { http: testHttp, tokens: testTokens(), clock: systemClock, ...options.deps };
  if (upstream.kind === 'graph') return createGraphTransport(upstream, deps);
  if (upstream.kind === 'gmail') return createGmailTransport(upstream, deps);
  throw new Error('no API');
}

export function bodyOf(content: string | Buffer, piece = 65_536): MessageBody {
  const bytes = Buffer.from(content);
  return {
    size: bytes.length,
    async *chunks() {
      const header = Math.max(bytes.indexOf('\r\n\r\n') + 4, piece);
      for (let at = 0; at < bytes.length; at += at === 0 ? header : piece) {
        yield bytes.subarray(at, at === 0 ? header : at + piece);
      }
    },
  };
}

export function apiMessage(
  content: string | Buffer | MessageBody,
  more: Partial<OutgoingMessage> = {},
): OutgoingMessage {
  const body = typeof content === 'object' && 'chunks' in content ? content : bodyOf(content);
  return { id: 'm1', sender: 'scanner@example.com', body, eightBit: false, smtpUtf8: false, ...more };
}

export const to = (...addresses: string[]) => addresses.map((address) => ({ address }));

export const never = new AbortController().signal;

export function recipientOutcomes(outcome: Outcome): readonly RecipientOutcome[] {
  if (outcome.kind === 'unavailable') throw new Error(`unavailable: ${outcome.text}`);
  return outcome.recipients;
}

export function unavailable(outcome: Outcome): Unavailable {
  if (outcome.kind !== 'unavailable') throw new Error(`answered: ${JSON.stringify(outcome.recipients)}`);
  return outcome;
}
