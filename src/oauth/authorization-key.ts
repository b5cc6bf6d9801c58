import { createHash } from 'node:crypto';
import { isApplicationFlow } from '../settings/oauth-flow.ts';
import type { OAuth2Settings } from '../settings/schema-oauth2.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import { GOOGLE, MICROSOFT_CLOUDS } from './endpoints.ts';

/**
 * Names the settings that a consent and its tokens belong to: the same key, the same consent. What proves that we are the
 * application (secret, certificate, assertion), the sender's address, the mailbox and the address of device codes
 * are not in it, so that changing those throws no consent away. Another application, account, tenant, server or
 * set of scopes makes another key, and so does another mail server or API, to which the tokens are shown: a consent was not
 * given for that one, and whoever may try out settings gets no tokens by naming a server of his own. Whether a person
 * consented by link or by device code makes no difference. Where scopes are filled in, they follow from the provider and the kind of upstream.
 */
export function authorizationKey(settings: OAuth2Settings, upstream: UpstreamSettings): string {
  const parts = [
    settings.provider,
    needsConsent(settings) ? 'consent' : settings.flow,
    settings.cloud,
    settings.tenantId?.toLowerCase(),
    settings.clientId,
    settings.email?.toLowerCase(),
    settings.scopes === undefined ? ['filled in', upstream.kind] : sortedScopes(settings.scopes),
    settings.audience,
    settings.authorizationEndpoint,
    settings.tokenEndpoint,
    ...shownTo(upstream),
  ].map((part) => part ?? null);
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32);
}

/** Whether a person has to consent before there are tokens. */
export function needsConsent(settings: OAuth2Settings): boolean {
  return !isApplicationFlow(settings.flow);
}

/** Hosts of the providers, to which their own tokens may be shown whichever of them it is. */
const OWN_HOSTS: ReadonlySet<string> = new Set([
  ...Object.values(MICROSOFT_CLOUDS).flatMap(({ smtp, graph }) => [smtp, hostOf(graph)]),
  GOOGLE.smtp,
  hostOf(GOOGLE.api),
]);

function shownTo(upstream: UpstreamSettings): readonly string[] {
  if (upstream.kind === 'test-relay') return [];
  const hosts =
    upstream.kind === 'smtp'
      ? [upstream.host, ...(upstream.serverName === undefined ? [] : [upstream.serverName])]
      : upstream.endpoint === undefined
        ? []
        : [hostOf(upstream.endpoint)];
  return hosts.map((host) => host.toLowerCase()).filter((host) => !OWN_HOSTS.has(host));
}

function hostOf(address: string): string {
  return new URL(address).hostname;
}

function sortedScopes(scopes: string): readonly string[] {
  return [...new Set(scopes.split(/\s+/).filter((scope) => scope !== ''))].toSorted();
}
