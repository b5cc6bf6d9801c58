import { expect } from 'chai';
import type { TokenPurpose } from '../../src/oauth/endpoints.ts';
import { type OAuthProvider, ProviderFailure } from '../../src/oauth/provider.ts';
import { createProvider } from '../../src/oauth/providers/create-provider.ts';
import { type OAuth2Settings, oauth2Authentication } from '../../src/settings/schema-oauth2.ts';
import { RelayError } from '../../src/shared/errors.ts';
import type { HttpClient } from '../../src/shared/http.ts';
import { Secret } from '../../src/shared/secret.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Every character that forms, headers and JSON treat in a way of their own. */
export const HARD_SECRET = 'p~l+u%s 25%2B&a=m/p"q\\é€';

/** Settings as the schema makes them of what an administrator typed. */
export function oauthSettings(typed: Record<string, unknown>): OAuth2Settings {
  return oauth2Authentication.parse({ type: 'oauth2', ...typed });
}

/** Reads `{ value }`; anything else cannot be read. */
export async function revealTyped(source: unknown): Promise<Secret> {
  if (typeof source === 'object' && source !== null && 'value' in source)
    return new Secret(String(source.value));
  throw new RelayError('secret-unavailable', 'the secret file /gone cannot be read (ENOENT)');
}

export function providerFor(
  http: HttpClient,
  typed: Record<string, unknown>,
  more: { purpose?: TokenPurpose; clock?: ManualClock } = {},
): OAuthProvider {
  const { purpose, clock = new ManualClock() } = more;
  return createProvider('office', oauthSettings(typed), {
    reveal: revealTyped,
    http,
    clock,
    ...(purpose === undefined ? {} : { purpose }),
  });
}

/** What a call fails with; a test fails where it does not, or with something else. */
export async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  try {
    await call;
  } catch (error) {
    expect(error).to.be.instanceOf(ProviderFailure);
    if (error instanceof ProviderFailure) return error;
  }
  throw new Error('the call was expected to fail');
}
