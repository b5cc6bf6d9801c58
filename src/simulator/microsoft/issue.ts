/*
 * Tokens as Entra makes them, with the claims of “Access token claims reference” and “ID token claims reference”.
 */
import { createHash } from 'node:crypto';
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from '../clients.ts';
import type { Consent } from '../grants.ts';
import { signToken } from '../json-web-token.ts';
import type { ProviderContext } from '../serve-provider.ts';
import type { EntraError } from './entra-error.ts';
import { resolveScopes } from './resources.ts';

/** The answer of a token endpoint (RFC 6749 section 5.1), with what Entra adds. */
export interface TokenAnswer {
  readonly token_type: 'Bearer';
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly ext_expires_in: number;
  readonly scope?: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly client_info?: string;
}

/** Ids that are the same for the same name, in the form of a GUID. */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(name.toLowerCase()).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What is answered to somebody's consent; scopes were checked when they were asked for. */
export function issueForPerson(
  context: ProviderContext,
  consent: Consent,
  scopes: readonly string[],
  options: { readonly clientInfo: boolean },
): TokenAnswer | EntraError {
  const resolved = resolve(context, scopes);
  if ('error' in resolved) return resolved;
  const { email } = consent;
  const person = { oid: idOf(email), tid: MICROSOFT_TENANT, name: nameOf(email) };
  const { token, expiresIn } = context.tokens.issue({
    aud: resolved.resource.audience,
    acct: 0,
    acr: '1',
    amr: ['pwd'],
    app_displayname: 'Postern',
    appid: MICROSOFT_CLIENT,
    appidacr: '1',
    idtyp: 'user',
    ipaddr: '127.0.0.1',
    ...person,
    scp: resolved.permissions.join(' '),
    sub: idOf(`sub ${email}`),
    unique_name: email,
    upn: email,
    ver: '1.0',
  });
  const refresh = consent.offline
    ? { refresh_token: context.grants.giveRefreshToken({ ...consent, scopes }) }
    : {};
  const openid = scopes.includes('openid') ? { id_token: idToken(context, consent) } : {};
  const clientInfo = options.clientInfo
    ? {
        client_info: Buffer.from(JSON.stringify({ uid: person.oid, utid: person.tid })).toString('base64url'),
      }
    : {};
  return {
    token_type: 'Bearer',
    scope: resolved.granted.join(' '),
    expires_in: expiresIn,
    ext_expires_in: expiresIn,
    access_token: token,
    ...refresh,
    ...openid,
    ...clientInfo,
  };
}

/** What the application gets for itself. */
export function issueForApplication(
  context: ProviderContext,
  scopes: readonly string[],
): TokenAnswer | EntraError {
  const [scope = ''] = scopes;
  if (scopes.length !== 1 || !scope.endsWith('/.default')) {
    return {
      status: 400,
      error: 'invalid_scope',
      code: 1002012,
      text: `The provided value for scope ${scopes.join(' ').slice(0, 200)} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    };
  }
  const resolved = resolve(context, scopes);
  if ('error' in resolved) return resolved;
  const { token, expiresIn } = context.tokens.issue({
    aud: resolved.resource.audience,
    app_displayname: 'Postern',
    appid: MICROSOFT_CLIENT,
    appidacr: '1',
    idp: `https://sts.windows.net/${MICROSOFT_TENANT}/`,
    idtyp: 'app',
    oid: idOf('service principal'),
    roles: resolved.resource.roles,
    sub: idOf('service principal'),
    tid: MICROSOFT_TENANT,
    ver: '1.0',
  });
  return { token_type: 'Bearer', expires_in: expiresIn, ext_expires_in: expiresIn, access_token: token };
}

/** The scopes of a request, or what Entra has against them. */
export function resolve(context: ProviderContext, scopes: readonly string[]) {
  const resolved = resolveScopes(scopes, context.origin());
  if ('several' in resolved) {
    return {
      status: 400,
      error: 'invalid_request',
      code: 28000,
      text: 'Provided value for the input parameter scope is not valid because it contains more than one resource.',
    } satisfies EntraError;
  }
  if ('unknown' in resolved) {
    return {
      status: 400,
      error: 'invalid_scope',
      code: 70011,
      text: `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${resolved.unknown.slice(0, 200)} is not valid.`,
    } satisfies EntraError;
  }
  return resolved;
}

function idToken({ world, tokens, origin }: ProviderContext, { email, nonce }: Consent): string {
  const seconds = Math.floor(world.clock.now() / 1000);
  return signToken(
    { typ: 'JWT', kid: tokens.keyId },
    {
      aud: MICROSOFT_CLIENT,
      iss: `${origin()}/${MICROSOFT_TENANT}/v2.0`,
      iat: seconds,
      nbf: seconds,
      exp: seconds + 3600,
      name: nameOf(email),
      ...(nonce === undefined ? {} : { nonce }),
      oid: idOf(email),
      preferred_username: email,
      sub: idOf(`sub ${email}`),
      tid: MICROSOFT_TENANT,
      ver: '2.0',
    },
    world.keys.signing,
  );
}

function nameOf(email: string): string {
  const local = email.split('@')[0] ?? '';
  return local.charAt(0).toUpperCase() + local.slice(1);
}
