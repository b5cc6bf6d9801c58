import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import type { TokenPurpose } from '../endpoints.ts';
import type { FailureFacts } from '../failures/failure-facts.ts';
import { failureOfSettings } from '../failures/token-failures.ts';
import type { ExchangeDeps } from './exchange.ts';

/** What every provider is made of. */
export interface ProviderParts extends ExchangeDeps {
  readonly upstream: string;
  readonly settings: OAuth2Settings;
  readonly purpose: TokenPurpose;
}

/** What is known of a failure before anything was asked. */
export function factsOf({ upstream, settings, purpose }: ProviderParts): FailureFacts {
  return { upstream, settings, purpose };
}

/** The client id; a ProviderFailure where none is set. */
export function clientIdOf({ upstream, settings }: ProviderParts): string {
  return settings.clientId ?? missing('clientId', upstream, 'the id of the registered application');
}

/** A setting without which nothing can be asked; the checks of the document find it first. */
export function missing(field: string, upstream: string, what: string): never {
  throw failureOfSettings(
    `Upstream ${upstream} has no ${field}.`,
    `Write authentication.${field} of upstream ${upstream}: ${what}.`,
  );
}
