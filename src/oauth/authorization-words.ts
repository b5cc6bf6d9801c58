import { authorizeWays } from '../shared/own-commands.ts';
import type { NoToken } from './token-source.ts';

/** Nobody consented yet. */
export function nobodyAuthorized(upstream: string): NoToken {
  return problem(
    `Nobody has authorized upstream ${upstream} yet.`,
    `Authorize it ${authorizeWays(upstream)}`,
  );
}

/** There is a consent, but for another application, account, tenant, server or scope. */
export function otherSettings(upstream: string): NoToken {
  return problem(
    `The settings of upstream ${upstream} have changed since it was authorized.`,
    `Authorize again ${authorizeWays(upstream)}; or take the change back`,
  );
}

/** The provider does not take the grant any more, and says why. */
export function voided(
  upstream: string,
  { text, remedy }: { readonly text: string; readonly remedy?: string },
): NoToken {
  return problem(
    `The provider does not accept the authorization of upstream ${upstream} any more: ${text}`,
    remedy ?? `Authorize again ${authorizeWays(upstream)}`,
  );
}

/** The consent gave an access token only, and that has ended. */
export function noRefreshToken(upstream: string): NoToken {
  return problem(
    `The provider gave no refresh token for upstream ${upstream}: access ends when its token does.`,
    `Ask for offline access in the scopes (offline_access with most providers), then authorize again ${authorizeWays(upstream)}`,
  );
}

/** The master key is not the one that the consent was sealed with, or the store was damaged; `why` is the sealer's sentence. */
export function sealedForOthers(upstream: string, why: string): NoToken {
  return {
    ...problem(
      `The refresh token of upstream ${upstream} cannot be read: ${why}.`,
      `Restore the master key that belongs to this store, or authorize again ${authorizeWays(upstream)}`,
    ),
    reason: 'configuration',
  };
}

/** Something on our own side keeps us from the tokens; it is asked for again soon. */
export function notNow(text: string, retryAfter?: number): NoToken {
  return {
    kind: 'unavailable',
    reason: 'unreachable',
    text,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

function problem(text: string, remedy: string): NoToken {
  return { kind: 'unavailable', reason: 'authentication', text, remedy };
}
