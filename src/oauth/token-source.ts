import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { Secret } from '../shared/secret.ts';

/** Whose token is wanted: the upstream's, or for applications one that may act for `mailbox`. */
export interface TokenRequest {
  /** Its authentication has to be of type oauth2; need not be in force yet (verify). */
  readonly upstream: UpstreamSettings;
  /** The mailbox that a service account acts for; others have one token for all. */
  readonly mailbox?: string;
  readonly signal?: AbortSignal;
}

export interface AccessToken {
  readonly kind: 'token';
  readonly token: Secret;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** The account that consented, where the provider says it. */
  readonly account?: string;
  /** As granted, separated by spaces, where the provider says it. */
  readonly scopes?: string;
}

/** No token. Has the shape of delivery's Unavailable, so that a transport can hand it on. */
export interface NoToken {
  readonly kind: 'unavailable';
  readonly reason: 'unreachable' | 'authentication' | 'throttled' | 'configuration';
  /** One sentence: what happened. */
  readonly text: string;
  /** HTTP status and the provider's own words, bounded; never a secret. */
  readonly reply?: { readonly code: number; readonly text: string };
  readonly remedy?: string;
  /** Milliseconds. */
  readonly retryAfter?: number;
  /** The provider has not said so often enough to be believed: no reason to wake anybody yet. */
  readonly unsure?: true;
}

/**
 * Access tokens, ready to use: cached, renewed ahead of need, one renewal at a time over all nodes.
 *
 * Promises: `token` never throws and ends within 60 s; a token that it gives lives on for the usable margin of margin.ts unless the
 * token endpoint is down, and then as long as it lives at all; no token is written anywhere in clear.
 */
export interface TokenSource {
  token(request: TokenRequest): Promise<AccessToken | NoToken>;
  /** A server refused this token: the next call gets another one. Nothing when it was replaced already. */
  refused(request: TokenRequest, token: Secret): void;
}
