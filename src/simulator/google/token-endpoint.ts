/*
 * `/token`: authorization code with PKCE, refresh token, device code, and assertions of the service account.
 */
import type { Express } from 'express';
import { GOOGLE_CLIENT } from '../clients.ts';
import type { ProviderContext } from '../serve-provider.ts';
import { createTokenGate } from '../token-gate.ts';
import { field } from '../web.ts';
import type { GoogleError } from './context.ts';
import { googleRefusals } from './google-refusals.ts';
import { type GoogleTokenAnswer, issueForPerson } from './issue.ts';
import { answerToAssertion, subjectOf } from './service-account.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Adds it to the app. */
export function tokenEndpoint(app: Express, context: ProviderContext): void {
  const { world, grants } = context;
  const gate = createTokenGate({
    world,
    account: (form) =>
      grants.accountOf(field(form, 'refresh_token') ?? '') ??
      grants.accountOfCode(field(form, 'code') ?? '') ??
      subjectOf(field(form, 'assertion') ?? ''),
    fail: (response, { status, error, text }) =>
      response.status(status).json({ error, error_description: text }),
  });
  app.post('/token', async (request, response) => {
    await gate(request, response, () => {
      const answer = answerTo(request.body, request.get('authorization'), context);
      if ('error' in answer) {
        const { status, ...body } = answer;
        response.status(status).json(body);
      } else response.json(answer);
    });
  });
}

function answerTo(
  form: unknown,
  authorization: string | undefined,
  context: ProviderContext,
): GoogleTokenAnswer | GoogleError {
  const { grants, world } = context;
  const grantType = field(form, 'grant_type') ?? '';
  if (grantType === JWT_BEARER) return answerToAssertion(field(form, 'assertion') ?? '', context);
  const fault = clientFault(form, authorization, world.clients.googleSecret());
  if (fault !== undefined) return fault;
  switch (grantType) {
    case 'authorization_code': {
      const consent = grants.redeemCode(
        field(form, 'code') ?? '',
        GOOGLE_CLIENT,
        field(form, 'redirect_uri') ?? '',
        field(form, 'code_verifier'),
      );
      return typeof consent === 'string'
        ? googleRefusals[consent]
        : issueForPerson(context, consent, consent.offline);
    }
    case 'refresh_token': {
      const token = field(form, 'refresh_token') ?? '';
      const consent = grants.checkRefreshToken(token, GOOGLE_CLIENT);
      if (typeof consent === 'string') return googleRefusals[consent];
      // Google gives no new refresh token, unless it is asked to here.
      if (world.manners.rotate) grants.voidRefreshToken(token);
      return issueForPerson(context, consent, world.manners.rotate);
    }
    case DEVICE_CODE: {
      const consent = grants.pollDevice(field(form, 'device_code') ?? '', GOOGLE_CLIENT);
      return typeof consent === 'string' ? googleRefusals[consent] : issueForPerson(context, consent, true);
    }
    default:
      return {
        status: 400,
        error: 'unsupported_grant_type',
        error_description: `Invalid grant_type: ${grantType.slice(0, 100)}`,
      };
  }
}

function clientFault(
  form: unknown,
  authorization: string | undefined,
  secret: string,
): GoogleError | undefined {
  const [, encoded = ''] = /^Basic ([\w+/=]+)$/i.exec(authorization ?? '') ?? [];
  const [basicId, basicSecret] = Buffer.from(encoded, 'base64').toString().split(':');
  const id = field(form, 'client_id') ?? decode(basicId ?? '');
  if (id !== GOOGLE_CLIENT) {
    return { status: 401, error: 'invalid_client', error_description: 'The OAuth client was not found.' };
  }
  if ((field(form, 'client_secret') ?? decode(basicSecret ?? '')) === secret) return undefined;
  return { status: 401, error: 'invalid_client', error_description: 'Unauthorized' };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
