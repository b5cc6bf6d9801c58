/*
 * `/{tenant}/oauth2/v2.0/token`: authorization code with PKCE, refresh token, device code and client credentials.
 */
import type { Express, Request, Response } from 'express';
import { MICROSOFT_CLIENT } from '../clients.ts';
import { scopesOf } from '../code-wish.ts';
import type { Consent, GrantRefusal } from '../grants.ts';
import type { ProviderContext } from '../serve-provider.ts';
import { createTokenGate } from '../token-gate.ts';
import { field, pathPart } from '../web.ts';
import { clientProof } from './client-proof.ts';
import { realmFault } from './context.ts';
import { type EntraError, entraErrorBody } from './entra-error.ts';
import { entraRefusals } from './entra-refusals.ts';
import { issueForApplication, issueForPerson, resolve, type TokenAnswer } from './issue.ts';

/** Adds it to the app. */
export function tokenEndpoint(app: Express, context: ProviderContext): void {
  const { world, grants } = context;
  const gate = createTokenGate({
    world,
    account: (form) =>
      grants.accountOf(field(form, 'refresh_token') ?? '') ?? grants.accountOfCode(field(form, 'code') ?? ''),
    fail: (response, { kind: _kind, ...error }) => tell(response, fill(error, response)),
  });

  app.post('/:tenant/oauth2/v2.0/token', async (request, response) => {
    await gate(request, response, () => {
      const answer = answerTo(request, context);
      if ('error' in answer) tell(response, answer);
      else response.json(answer);
    });
  });

  function tell(response: Response, error: EntraError): void {
    const id = response.req.get('client-request-id');
    response.status(error.status).json(entraErrorBody(error, world.clock, uuid(id)));
  }
}

function answerTo(request: Request, context: ProviderContext): TokenAnswer | EntraError {
  const form: unknown = request.body;
  const tenant = pathPart(request, 'tenant');
  const clientId = field(form, 'client_id') ?? basicClient(request.get('authorization'));
  const fault = realmFault(tenant, clientId);
  if (fault !== undefined) return fault;
  const grantType = field(form, 'grant_type') ?? '';
  // Device code is for public clients; they have no secret to show, and may not show a wrong one.
  const needsProof =
    grantType === 'client_credentials' ||
    field(form, 'client_secret') !== undefined ||
    field(form, 'client_assertion') !== undefined;
  const proof = clientProof(
    form,
    request.get('authorization'),
    context.world,
    `${context.origin()}/${tenant}/oauth2/v2.0/token`,
  );
  const mayBePublic = grantType.endsWith(':device_code') || !needsProof;
  if (proof !== undefined && !(mayBePublic && proof.code === 7000218)) return proof;
  if (proof !== undefined && grantType === 'authorization_code') return proof;
  return grantFor(grantType, form, context);
}

function grantFor(grantType: string, form: unknown, context: ProviderContext): TokenAnswer | EntraError {
  const { grants, world } = context;
  const scopes = scopesOf(form);
  const clientInfo = field(form, 'client_info') === '1';
  switch (grantType) {
    case 'client_credentials':
      return issueForApplication(context, scopes);
    case 'authorization_code': {
      const wanted = resolveIfAny(context, scopes);
      if (wanted !== undefined) return wanted;
      const consent = grants.redeemCode(
        field(form, 'code') ?? '',
        MICROSOFT_CLIENT,
        field(form, 'redirect_uri') ?? '',
        field(form, 'code_verifier'),
      );
      return forConsent(context, consent, undefined, clientInfo);
    }
    case 'refresh_token': {
      const token = field(form, 'refresh_token') ?? '';
      const consent = grants.checkRefreshToken(token, MICROSOFT_CLIENT);
      if (typeof consent === 'string') return entraRefusals[consent];
      const answer = forConsent(context, { ...consent, offline: true }, scopes, clientInfo);
      // The old one stays good when tokens are not rotated (“Refresh tokens in the Microsoft identity platform”).
      if (!('error' in answer) && world.manners.rotate) grants.voidRefreshToken(token);
      return answer;
    }
    case 'urn:ietf:params:oauth:grant-type:device_code':
    case 'device_code': {
      const code = field(form, 'device_code') ?? field(form, 'code') ?? '';
      return forConsent(context, grants.pollDevice(code, MICROSOFT_CLIENT), undefined, clientInfo);
    }
    default:
      return {
        status: 400,
        error: 'unsupported_grant_type',
        code: 70003,
        text: `The app requested an unsupported grant type '${grantType.slice(0, 100)}'.`,
      };
  }
}

/** `scopes`: what is asked for this time; what was consented to where nothing is. */
function forConsent(
  context: ProviderContext,
  consent: Consent | GrantRefusal,
  scopes: readonly string[] | undefined,
  clientInfo: boolean,
): TokenAnswer | EntraError {
  if (typeof consent === 'string') return entraRefusals[consent];
  const asked = scopes === undefined || scopes.length === 0 ? consent.scopes : scopes;
  return issueForPerson(context, consent, asked, { clientInfo });
}

function resolveIfAny(context: ProviderContext, scopes: readonly string[]): EntraError | undefined {
  if (scopes.length === 0) return undefined;
  const resolved = resolve(context, scopes);
  return 'error' in resolved ? resolved : undefined;
}

function basicClient(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic ([\w+/=]+)$/i.exec(authorization ?? '') ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().split(':')[0];
}

/** Words of scenarios name the application and the tenant of the request. */
function fill(error: EntraError, response: Response): EntraError {
  const text = error.text
    .replaceAll('{client}', MICROSOFT_CLIENT)
    .replaceAll('{tenant}', pathPart(response.req, 'tenant').slice(0, 100));
  return { ...error, text };
}

function uuid(text: string | undefined): string | undefined {
  return /^[0-9a-f-]{36}$/i.test(text ?? '') ? text : undefined;
}
