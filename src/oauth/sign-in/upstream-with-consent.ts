import type { Settings } from '../../settings/schema.ts';
import type { OAuth2Settings } from '../../settings/schema-oauth2.ts';
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import { RelayError } from '../../shared/errors.ts';
import { verifyCommand } from '../../shared/own-commands.ts';
import { needsConsent } from '../authorization-key.ts';
import { oauthOf } from '../authorizations.ts';

/**
 * The upstream of that name, to whose account somebody signs in. Throws RelayError `not-found`, and `not-allowed` where nobody has
 * to sign in, with the way to test it.
 */
export function findConsentUpstream(
  settings: Pick<Settings, 'upstreams'>,
  name: string,
): { readonly upstream: UpstreamSettings; readonly oauth: OAuth2Settings } {
  const upstream = settings.upstreams.find((one) => one.name === name);
  if (upstream === undefined) {
    const names = settings.upstreams.filter((one) => oauthOf(one) !== undefined).map((one) => one.name);
    throw new RelayError('not-found', `There is no upstream named ${name}.`, {
      hint:
        names.length === 0
          ? 'No upstream signs in with OAuth 2.0.'
          : `Upstreams that sign in with OAuth 2.0: ${names.join(', ')}.`,
    });
  }
  const oauth = oauthOf(upstream);
  const test = `Test it: ${verifyCommand(name)}`;
  if (oauth === undefined) {
    throw new RelayError('not-allowed', `Upstream ${name} does not sign in with OAuth 2.0.`, { hint: test });
  }
  if (needsConsent(oauth)) return { upstream, oauth };
  const how =
    oauth.flow === 'service-account'
      ? 'the service account gets its tokens by its own key'
      : 'the application gets its tokens by its own secret or certificate';
  throw new RelayError('not-allowed', `Nothing has to be authorized for upstream ${name}: ${how}.`, {
    hint: test,
  });
}
