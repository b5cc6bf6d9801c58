import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import type { TokenPurpose } from '../endpoints.ts';
import type { OAuthProvider } from '../provider.ts';
import type { ExchangeDeps } from './exchange.ts';
import { createGeneric } from './generic.ts';
import { createGoogle } from './google.ts';
import { createMicrosoft } from './microsoft.ts';
import type { ProviderParts } from './provider-parts.ts';

export interface ProviderDeps extends ExchangeDeps {
  /** What the tokens are for: the kind of the upstream. Decides the scopes where none were typed; `smtp` if absent. */
  readonly purpose?: TokenPurpose;
}

const MAKERS: Readonly<Record<OAuth2Settings['provider'], (parts: ProviderParts) => OAuthProvider>> = {
  microsoft: createMicrosoft,
  google: createGoogle,
  generic: createGeneric,
};

/** The authorization server of an upstream. Costs nothing to make; it keeps no tokens and no secrets. */
export function createProvider(
  upstream: string,
  settings: OAuth2Settings,
  deps: ProviderDeps,
): OAuthProvider {
  const { reveal, http, clock, purpose = 'smtp' } = deps;
  return MAKERS[settings.provider]({ upstream, settings, reveal, http, clock, purpose });
}
