/**
 * An authorization server in this process that rotates its refresh tokens: the old one is void as soon as the next one was given.
 * It counts, and fails or hangs on demand.
 */
import { setImmediate } from 'node:timers/promises';
import { type Grant, type OAuthProvider, ProviderFailure } from '../../src/oauth/provider.ts';
import type { NoToken } from '../../src/oauth/token-source.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';

/** Begins every token that it gives, so that a test can search for it. */
export const PLANTED = 'PLANTEDtoken';

export interface RotatingProvider {
  readonly provider: () => OAuthProvider;
  /** What a person's consent gives. */
  consent(): Grant;
  /** Requests that were answered or failed. */
  requests: number;
  /** Most requests at once. */
  most: number;
  /** Of the access tokens, ms. */
  lifetime: number;
  /** Whether refresh tokens rotate. */
  rotates: boolean;
  /** Whether it gives the first access token again and again. */
  sameToken: boolean;
  /** Failures of the next requests, first come first served; the whole time with `failing`. */
  readonly failures: ProviderFailure[];
  failing: ProviderFailure | undefined;
  /** While set, an answer is given when it resolves; the rotation happens before. */
  hold: Promise<void> | undefined;
  /** Called with each answer before it is given. */
  onAnswer: ((grant: Grant) => void) | undefined;
  /** The only refresh token that it takes. */
  current(): string;
  readonly mailboxes: (string | undefined)[];
}

const unused = () => Promise.reject(new Error('not used here'));

/** A server whose access tokens live so many ms. */
export function rotatingProvider(clock: Clock, lifetime = 3_600_000): RotatingProvider {
  let number = 0;
  let inFlight = 0;

  function grant(): Grant {
    number += 1;
    return {
      accessToken: new Secret(`${PLANTED}Access${server.sameToken ? 1 : number}`),
      expiresAt: clock.now() + server.lifetime,
      ...(server.rotates || number === 1 ? { refreshToken: new Secret(server.current()) } : {}),
      scopes: 'send',
      account: 'relay@example.com',
    };
  }

  async function request(check: () => void): Promise<Grant> {
    server.requests += 1;
    inFlight += 1;
    server.most = Math.max(server.most, inFlight);
    try {
      await setImmediate();
      const scripted = server.failures.shift() ?? server.failing;
      if (scripted !== undefined) throw scripted;
      check();
      const given = grant();
      server.onAnswer?.(given);
      await server.hold;
      return given;
    } finally {
      inFlight -= 1;
    }
  }

  const server: RotatingProvider = {
    provider: () => ({
      authorizationUrl: unused,
      redeemCode: unused,
      startDevice: unused,
      pollDevice: unused,
      refresh: (token) =>
        request(() => {
          if (token.reveal() !== server.current()) throw invalidGrant();
        }),
      applicationToken(mailbox) {
        server.mailboxes.push(mailbox);
        return request(() => undefined).then(({ refreshToken: _none, ...rest }) => rest);
      },
    }),
    consent: grant,
    requests: 0,
    most: 0,
    lifetime,
    rotates: true,
    sameToken: false,
    failures: [],
    failing: undefined,
    hold: undefined,
    onAnswer: undefined,
    current: () => `${PLANTED}Refresh${server.rotates ? number : 1}`,
    mailboxes: [],
  };
  return server;
}

/** The grant is void. */
export function invalidGrant(): ProviderFailure {
  return failure('authentication', 'The grant was revoked.', { error: 'invalid_grant', final: true });
}

/** A failure in words, as a provider would give it. */
export function failure(
  reason: NoToken['reason'],
  text: string,
  { error, final = false, retryAfter }: { error?: string; final?: boolean; retryAfter?: number } = {},
): ProviderFailure {
  return new ProviderFailure(
    { kind: 'unavailable', reason, text, ...(retryAfter === undefined ? {} : { retryAfter }) },
    error,
    final,
  );
}
