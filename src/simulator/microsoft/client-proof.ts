/*
 * How an application proves who it is at the token endpoint: secret, client certificate (RFC 7523, “Microsoft identity platform
 * application authentication certificate credentials”), or a federated credential.
 */

import { MICROSOFT_CLIENT } from '../clients.ts';
import { isSignedBy, parseToken, textClaim, timeClaim } from '../json-web-token.ts';
import { field } from '../web.ts';
import type { World } from '../world.ts';
import type { EntraError } from './entra-error.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const invalidClient = (code: number, text: string): EntraError => ({
  status: 401,
  error: 'invalid_client',
  code,
  text,
});

/** Undefined where the proof is good. `form`: the fields of the request; `authorization`: its header. */
export function clientProof(
  form: unknown,
  authorization: string | undefined,
  world: World,
  tokenEndpoint: string,
): EntraError | undefined {
  const assertion = field(form, 'client_assertion');
  if (assertion !== undefined) {
    if (field(form, 'client_assertion_type') !== ASSERTION_TYPE) {
      return invalidClient(50027, 'JWT token is invalid or malformed.');
    }
    return assertionProof(assertion, world, tokenEndpoint);
  }
  const secret = field(form, 'client_secret') ?? basicSecret(authorization);
  if (secret === undefined) {
    return invalidClient(
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  }
  if (secret === world.clients.microsoftSecret()) return undefined;
  return invalidClient(
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${MICROSOFT_CLIENT}'.`,
  );
}

function basicSecret(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic ([\w+/=]+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [, secret] = Buffer.from(encoded, 'base64').toString().split(':');
  try {
    return secret === undefined ? undefined : decodeURIComponent(secret.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function assertionProof(assertion: string, world: World, tokenEndpoint: string): EntraError | undefined {
  const token = parseToken(assertion);
  if (token === undefined) return invalidClient(50027, 'JWT token is invalid or malformed.');
  const { header, claims } = token;
  if (!(timeClaim(claims, 'exp') > world.clock.now())) {
    return invalidClient(
      700024,
      'Client assertion is not within its valid time range. Check the clock of the machine.',
    );
  }
  const issuer = textClaim(claims, 'iss');
  if (issuer === '' || textClaim(claims, 'sub') === '' || textClaim(claims, 'aud') === '') {
    return invalidClient(
      50027,
      'JWT token is invalid or malformed: it needs the claims issuer, subject and audience.',
    );
  }
  // A federated credential is vouched for by somebody else, whom nobody can ask here.
  if (issuer !== MICROSOFT_CLIENT) return undefined;
  if (textClaim(claims, 'sub') !== MICROSOFT_CLIENT || !isAudience(textClaim(claims, 'aud'), tokenEndpoint)) {
    return invalidClient(
      700023,
      'Client assertion audience claim does not match Realm issuer. Review the documentation at /azure/active-directory/develop/active-directory-certificate-credentials.',
    );
  }
  const thumbprint = textClaim(header, 'x5t#S256') || textClaim(header, 'x5t');
  const certificate = world.clients.certificate(thumbprint);
  if (certificate === undefined || !isSignedBy(token, certificate.publicKey)) {
    return invalidClient(
      700027,
      `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '${Buffer.from(thumbprint, 'base64url').toString('hex').toUpperCase()}']`,
    );
  }
  return undefined;
}

/** The token endpoint, or the issuer; the same host under any of its names. */
function isAudience(audience: string, tokenEndpoint: string): boolean {
  if (!URL.canParse(audience)) return false;
  const [said, ours] = [new URL(audience), new URL(tokenEndpoint)];
  return said.host === ours.host;
}
