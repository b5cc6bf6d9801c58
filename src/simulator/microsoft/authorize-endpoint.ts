/*
 * `/{tenant}/oauth2/v2.0/authorize` and `/devicecode`: where consent begins. What is wrong with the application is shown to the person;
 * everything else goes back to the application.
 */
import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { MICROSOFT_CLIENT } from '../clients.ts';
import { readCodeWish, scopesOf } from '../code-wish.ts';
import { DEVICE_INTERVAL, DEVICE_LIFETIME } from '../grants.ts';
import { type Brand, messagePage, sendPage } from '../pages.ts';
import type { ProviderContext } from '../serve-provider.ts';
import { createSignIn, redirect } from '../sign-in.ts';
import type { SimulatedAccount } from '../simulator.ts';
import { field, pathPart } from '../web.ts';
import { realmFault } from './context.ts';
import { type EntraError, entraErrorBody } from './entra-error.ts';
import { resolve } from './issue.ts';

const CANCELLED = {
  error: 'access_denied',
  error_subcode: 'cancel',
  error_description: 'The user has cancelled the sign-in.',
};

/** Adds them to the app, with the pages. */
export function authorizeEndpoint(app: Express, context: ProviderContext, account: SimulatedAccount): void {
  const { world, grants } = context;
  const brand: Brand = {
    name: 'Microsoft',
    colour: '#0067b8',
    paths: { signIn: '/common/login', consent: '/common/Consent/Set', device: '/devicelogin' },
    account,
  };
  const describe = (error: EntraError) => {
    const body = entraErrorBody(error, world.clock);
    return { error: body.error, error_description: body.error_description, error_uri: body.error_uri };
  };
  const signIn = createSignIn({
    app,
    world,
    grants,
    brand,
    words: {
      noAccount: 'This username may be incorrect. Make sure you typed it correctly. (AADSTS50034)',
      wrongPassword: 'Your account or password is incorrect. (AADSTS50126)',
      cancelled: CANCELLED,
      declined: {
        error: 'access_denied',
        error_description: 'AADSTS65004: User declined to consent to access the app.',
      },
      granted: () => ({ session_state: randomUUID() }),
    },
  });

  app.get('/:tenant/oauth2/v2.0/authorize', (request, response) => {
    const query: unknown = request.query;
    const redirectUri = field(query, 'redirect_uri') ?? '';
    const shown =
      realmFault(pathPart(request, 'tenant'), field(query, 'client_id')) ?? redirectFault(redirectUri);
    if (shown !== undefined) {
      return sendPage(
        response,
        messagePage(
          brand,
          'Sorry, but we’re having trouble signing you in.',
          `AADSTS${shown.code}: ${shown.text}`,
        ),
        400,
      );
    }
    const offline = scopesOf(query).includes('offline_access');
    const wish = readCodeWish(query, { clientId: MICROSOFT_CLIENT, redirectUri, offline });
    const fault = wishFault(query, wish.scopes);
    if (fault !== undefined) return redirect(response, wish, describe(fault));
    signIn.begin(response, wish, field(query, 'login_hint') ?? '');
  });

  function redirectFault(redirectUri: string): EntraError | undefined {
    if (world.clients.isRedirectUri(redirectUri)) return undefined;
    return {
      status: 400,
      error: 'invalid_request',
      code: 50011,
      text: `The redirect URI '${redirectUri.slice(0, 200)}' specified in the request does not match the redirect URIs configured for the application '${MICROSOFT_CLIENT}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.`,
    };
  }

  function wishFault(query: unknown, scopes: readonly string[]): EntraError | undefined {
    if (field(query, 'response_type') !== 'code') {
      return {
        status: 400,
        error: 'unsupported_response_type',
        code: 700054,
        text: "response_type 'id_token' is not enabled for the application.",
      };
    }
    if (scopes.length === 0) {
      return {
        status: 400,
        error: 'invalid_request',
        code: 900144,
        text: "The request body must contain the following parameter: 'scope'.",
      };
    }
    if (field(query, 'prompt') === 'none') {
      return {
        status: 400,
        error: 'login_required',
        code: 50058,
        text: 'A silent sign-in request was sent but no user is signed in.',
      };
    }
    const resolved = resolve(context, scopes);
    return 'error' in resolved ? resolved : undefined;
  }

  app.post('/:tenant/oauth2/v2.0/devicecode', (request, response) => {
    const form: unknown = request.body;
    const scopes = scopesOf(form);
    const resolved = resolve(context, scopes);
    const fault =
      realmFault(pathPart(request, 'tenant'), field(form, 'client_id')) ??
      ('error' in resolved ? resolved : undefined);
    if (fault !== undefined) {
      response.status(fault.status).json(entraErrorBody(fault, world.clock));
      return;
    }
    const { deviceCode, userCode } = grants.startDevice(MICROSOFT_CLIENT, scopes);
    const address = `${context.origin()}/devicelogin`;
    response.json({
      user_code: userCode,
      device_code: deviceCode,
      verification_uri: address,
      expires_in: DEVICE_LIFETIME / 1000,
      interval: DEVICE_INTERVAL,
      message: `To sign in, use a web browser to open the page ${address} and enter the code ${userCode} to authenticate.`,
    });
  });
}
