import type { Secret } from '../shared/secret.ts';
import type { NoToken } from './token-source.ts';

/** What a token endpoint gave. */
export interface Grant {
  readonly accessToken: Secret;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** Present when the provider gave one; where it rotates them, the old one is void. */
  readonly refreshToken?: Secret;
  /** As granted, separated by spaces. */
  readonly scopes?: string;
  /** The account that consented: an address where the provider says one, else its id. From the id token or the token's answer. */
  readonly account?: string;
}

/** What a consent page is opened with. */
export interface ConsentRequest {
  readonly redirectUri: string;
  readonly state: string;
  /** BASE64URL(SHA-256(verifier)), method S256 (RFC 7636). */
  readonly codeChallenge: string;
}

export interface CodeRequest {
  readonly code: string;
  readonly codeVerifier: Secret;
  readonly redirectUri: string;
}

/** A device code (RFC 8628 section 3.2). */
export interface DeviceCode {
  readonly deviceCode: Secret;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete?: string;
  /** Milliseconds that it is good for. */
  readonly expiresIn: number;
  /** Milliseconds between two polls. */
  readonly interval: number;
}

/** Answer to one poll. `slow-down` adds 5 s to the interval (RFC 8628 section 3.5). */
export type DevicePoll =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'pending' | 'slow-down' };

/**
 * The failure of a provider, already put into words and remedy by the table of token-failures.ts. `final`: the grant is void (invalid_grant),
 * so that trying again soon with the same one is no use.
 */
export class ProviderFailure extends Error {
  readonly problem: NoToken;
  /** The OAuth error code, such as `invalid_grant`, where there was one. */
  readonly error: string | undefined;
  readonly final: boolean;

  constructor(problem: NoToken, error: string | undefined, final: boolean) {
    super(problem.text);
    this.name = 'ProviderFailure';
    this.problem = problem;
    this.error = error;
    this.final = final;
  }
}

/**
 * One upstream's authorization server, with its settings and secrets. Every method makes at most two requests, has a deadline of 20 s
 * for all of it, keeps no tokens, and rejects with ProviderFailure only. Secrets of the settings are read at every use.
 */
export interface OAuthProvider {
  /** The address of the consent page, with PKCE, state, scopes, login hint and the prompt for the right account. */
  authorizationUrl(request: ConsentRequest): Promise<string>;
  redeemCode(request: CodeRequest): Promise<Grant>;
  startDevice(): Promise<DeviceCode>;
  pollDevice(code: DeviceCode): Promise<DevicePoll>;
  refresh(refreshToken: Secret): Promise<Grant>;
  /** client-credentials, or service-account for this mailbox (RFC 7523). */
  applicationToken(mailbox?: string): Promise<Grant>;
}
