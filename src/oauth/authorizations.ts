import type { UpstreamSettings } from '../settings/schema-upstreams.ts';

/** How the consent behind an upstream stands. Times are ms since 1970. */
export interface AuthorizationStatus {
  readonly upstream: string;
  readonly provider: 'microsoft' | 'google' | 'generic';
  readonly flow: 'authorization-code' | 'device-code' | 'client-credentials' | 'service-account';
  /**
   * `none`: nobody consented yet; `authorized`: tokens are got; `failing`: the last renewal failed and is tried again; `void`: the provider
   * does not take the grant any more, a person has to consent again; `stale`: given for other settings than those in force.
   */
  readonly state: 'none' | 'authorized' | 'failing' | 'void' | 'stale';
  readonly account?: string;
  readonly scopes?: string;
  readonly authorizedAt?: number;
  readonly authorizedBy?: string;
  readonly renewedAt?: number;
  readonly accessExpiresAt?: number;
  readonly text?: string;
  readonly remedy?: string;
}

interface SignInBegun {
  /** What its state is asked by. */
  readonly id: string;
  readonly upstream: string;
  /** The account that the settings name. */
  readonly email?: string;
  readonly expiresAt: number;
}

export type SignInStart =
  | (SignInBegun & {
      readonly kind: 'link';
      /** Our own address, which binds the browser and sends it on. */
      readonly link: string;
      /** The provider's address, for browsers that cannot reach ours: the address where they end is then pasted. */
      readonly direct: string;
      readonly redirectUri: string;
      /** What the provider will not like about it. */
      readonly warning?: string;
    })
  | (SignInBegun & {
      readonly kind: 'device';
      readonly userCode: string;
      readonly verificationUri: string;
      readonly verificationUriComplete?: string;
    });

export interface SignInState {
  readonly id: string;
  readonly upstream: string;
  readonly state: 'pending' | 'redeeming' | 'authorized' | 'failed';
  readonly account?: string;
  /** Why it failed; with `authorized`, what is worth a second look, such as another account than that of the settings. */
  readonly text?: string;
  readonly remedy?: string;
  readonly expiresAt: number;
}

/** Consent: started, finished, looked at, forgotten. Everything throws RelayError with words for people. */
export interface Authorizations {
  status(): Promise<readonly AuthorizationStatus[]>;
  /** Begins a sign-in at the upstream (`not-found`, `not-allowed` where its flow needs no person: then it says so). */
  start(
    upstream: string,
    options: {
      readonly by: string;
      readonly flow?: 'authorization-code' | 'device-code';
      /** One of the redirect paths of CONTRACT.md; `/login/smtp-verification` if absent. */
      readonly redirectPath?: string;
    },
  ): Promise<SignInStart>;
  /** Every redirect URI that can be registered at a provider, the usual one first. */
  redirectUris(): readonly string[];
  /** The provider's address for a sign-in begun with `start`, and the secret that its browser is bound with. */
  bind(id: string): Promise<{ readonly url: string; readonly binding: string; readonly expiresAt: number }>;
  /**
   * The provider sent the browser back with these parameters; `binding` from the browser, or the caller was authenticated. What the provider
   * refused is answered with `failed`; throws `not-found` for what cannot be gone on with, `not-allowed` for what is over.
   */
  finish(
    parameters: URLSearchParams,
    proof: { readonly binding?: string; readonly authenticated?: boolean },
  ): Promise<SignInState>;
  signIn(id: string): Promise<SignInState>;
  /** Removes the consent of an upstream. */
  forget(upstream: string, by: string): Promise<void>;
  /** A sign-in at an upstream has succeeded, here or at another node. */
  onAuthorized(callback: (upstream: string) => void): () => void;
  close(): Promise<void>;
}

/** The OAuth part of an upstream's settings, where it has one. */
export function oauthOf(upstream: UpstreamSettings) {
  return 'authentication' in upstream && upstream.authentication.type === 'oauth2'
    ? upstream.authentication
    : undefined;
}
