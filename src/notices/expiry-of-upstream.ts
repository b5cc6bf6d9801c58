import { leafInPem } from '../certificates/leaf-in-pem.ts';
import type { AuthorizationStatus } from '../oauth/authorizations.ts';
import { isApplicationFlow } from '../settings/oauth-flow.ts';
import type { OAuth2Settings } from '../settings/schema-oauth2.ts';
import { RelayError } from '../shared/errors.ts';
import { authorizeWays, verifyCommand } from '../shared/own-commands.ts';
import type { Secret } from '../shared/secret.ts';
import type { Expiring, Trouble } from './expiry.ts';

/** What of an upstream's sign-in ends, with the place where it is renewed. Pure. */

const DAY = 86_400_000;
/** Postern renews at least weekly, even when idle; what is older has stopped. */
const RENEWED_WITHIN = 7 * DAY;

/** Days without use after which a provider forgets a refresh token (Microsoft: "Refresh tokens"; Google: "Using OAuth 2.0"). */
const UNUSED_FOR: Readonly<Record<AuthorizationStatus['provider'], number | undefined>> = {
  microsoft: 90,
  google: 180,
  generic: undefined,
};

/** The client secret, whose day somebody typed; the start of that day counts, since the hour is not known. */
export function expiryOfClientSecret(upstream: string, oauth: OAuth2Settings): Expiring | undefined {
  if (oauth.clientSecret === undefined || oauth.clientSecretExpires === undefined) return undefined;
  return {
    kind: 'client-secret',
    name: upstream,
    upstream,
    subject: `The client secret of upstream ${upstream}`,
    expiresAt: Date.parse(oauth.clientSecretExpires),
    remedy:
      `${secretPage(oauth)}; write its value as authentication.clientSecret of the upstream ${upstream} ` +
      'and its last day as clientSecretExpires.',
  };
}

function secretPage({ provider, clientId, tokenEndpoint }: OAuth2Settings): string {
  const application = clientId === undefined ? 'the application' : `the application ${clientId}`;
  if (provider === 'microsoft') {
    return `Make a new one: Microsoft Entra admin center → App registrations → ${application} → Certificates & secrets → Client secrets → New client secret`;
  }
  if (provider === 'google') {
    return `Make a new one: Google Cloud console → Google Auth Platform → Clients → ${clientId ?? 'the client'} → Add secret`;
  }
  const where =
    tokenEndpoint === undefined ? 'the provider' : (URL.parse(tokenEndpoint)?.host ?? 'the provider');
  return `Make a new one for ${application} at ${where}`;
}

/** The client certificate, by its own dates; `pem` is what its source gave, or why it gave nothing. */
export function expiryOfClientCertificate(
  upstream: string,
  oauth: OAuth2Settings,
  pem: Secret | RelayError,
): Expiring {
  const application = oauth.clientId === undefined ? 'the application' : `the application ${oauth.clientId}`;
  const base = {
    kind: 'client-certificate',
    name: upstream,
    upstream,
    subject: `The client certificate of upstream ${upstream}`,
    remedy:
      `Make a new one and upload it: Microsoft Entra admin center → App registrations → ${application} → Certificates & secrets → Certificates → Upload certificate; ` +
      `then write it with its key as authentication.clientCertificate of the upstream ${upstream}.`,
  } as const;
  if (pem instanceof RelayError) {
    const text = `${base.subject} cannot be read: ${pem.publicMessage}.`;
    const remedy = pem.hint ?? `Check authentication.clientCertificate of the upstream ${upstream}.`;
    return { ...base, trouble: { state: 'unreadable', text, remedy } };
  }
  const leaf = leafInPem(pem.reveal());
  if (leaf !== undefined) return { ...base, expiresAt: leaf.validToDate.getTime() };
  return {
    ...base,
    trouble: {
      state: 'unreadable',
      text: `${base.subject} holds no certificate in PEM form.`,
      remedy: 'Put the block BEGIN CERTIFICATE beside the private key.',
    },
  };
}

/** The consent of a person: what is wrong with it, and when the provider would forget it if it were not renewed. */
export function expiryOfAuthorization(status: AuthorizationStatus, now: number): Expiring | undefined {
  const { upstream, provider, flow, state } = status;
  const person = !isApplicationFlow(flow);
  // An application's tokens are got when they are needed; there is nothing to keep alive.
  if (!person && state !== 'void' && state !== 'failing') return undefined;
  const trouble = troubleOf(status, person, now);
  const forgotten = UNUSED_FOR[provider];
  const renewedAt = status.renewedAt ?? status.authorizedAt;
  const alive = state === 'authorized' || state === 'failing';
  const ends = person && alive && forgotten !== undefined && renewedAt !== undefined;
  return {
    kind: 'authorization',
    name: upstream,
    upstream,
    subject: `The authorization of upstream ${upstream}`,
    ...(ends ? { expiresAt: renewedAt + forgotten * DAY } : {}),
    ...(trouble === undefined ? {} : { trouble }),
    remedy: status.remedy ?? `Authorize again ${authorizeWays(upstream)}`,
  };
}

function troubleOf(status: AuthorizationStatus, person: boolean, now: number): Trouble | undefined {
  const { upstream, state, text, remedy } = status;
  const more = remedy === undefined ? {} : { remedy };
  const subject = `The authorization of upstream ${upstream}`;
  if (state === 'none') {
    const words = text ?? `Nobody has authorized upstream ${upstream} yet.`;
    return { state: 'unused', text: words, remedy: remedy ?? `Authorize it ${authorizeWays(upstream)}` };
  }
  if (state === 'stale') {
    return { state: 'stale', text: text ?? `${subject} was given for other settings.`, ...more };
  }
  // Void and failing ones are told by whoever finds them so.
  if (state === 'void') return { state, text: text ?? `${subject} is void.`, ...more, told: true };
  const renewedAt = status.renewedAt ?? status.authorizedAt;
  if (person && renewedAt !== undefined && now - renewedAt > RENEWED_WITHIN) {
    const day = new Date(renewedAt).toISOString().slice(0, 10);
    return {
      state: 'not-renewed',
      text: `${subject} was last renewed on ${day}, and should be every week.`,
      remedy: `See what stands in the way: ${verifyCommand(upstream)}`,
    };
  }
  if (state !== 'failing') return undefined;
  return { state, text: text ?? `${subject} cannot be renewed now.`, ...more, told: true };
}
