import type { NoToken, TokenRequest, TokenSource } from '../../src/oauth/token-source.ts';
import { Secret } from '../../src/shared/secret.ts';

/** A token source whose tokens the test decides; remembers what was asked. */
export interface FakeTokens extends TokenSource {
  readonly requests: TokenRequest[];
  /** Tokens that were refused, in order. */
  readonly refusals: string[];
  /** How many different tokens were given. */
  issued(): number;
}

/** Gives the same token until it is refused, then the next: `next(1)`, `next(2)`, … of the mailbox asked for. */
export function fakeTokens(next: (count: number, mailbox?: string) => string | NoToken): FakeTokens {
  const requests: TokenRequest[] = [];
  const refusals: string[] = [];
  const current = new Map<string, string | NoToken>();
  let count = 0;
  return {
    requests,
    refusals,
    issued: () => count,
    async token(request) {
      requests.push(request);
      const key = request.mailbox ?? '';
      const token = current.get(key) ?? next(++count, request.mailbox);
      current.set(key, token);
      if (typeof token !== 'string') {
        current.delete(key);
        return token;
      }
      return { kind: 'token', token: new Secret(token), expiresAt: Date.now() + 3_600_000 };
    },
    refused(request, token) {
      refusals.push(token.reveal());
      const key = request.mailbox ?? '';
      if (current.get(key) === token.reveal()) current.delete(key);
    },
  };
}

/** A token as Microsoft gives them, readable and unsigned. */
export function jsonWebToken(claims: object, length = 0): string {
  const start = `${part('{"alg":"none","typ":"JWT"}')}.${part(JSON.stringify(claims))}.`;
  return start + 'c2lnbmF0dXJl'.repeat(Math.ceil(length / 12)).slice(0, Math.max(9, length - start.length));
}

function part(text: string): string {
  return Buffer.from(text).toString('base64url');
}
