/*
 * `/o/oauth2/v2/auth` and `/device/code`: where consent begins (“Using OAuth 2.0 for Web Server Applications”, “OAuth 2.0 for TV and
 * Limited-Input Devices”). A refresh token comes with the first consent only, unless `prompt=consent` asks for another.
 */
import type { Express } from 'express';
import { GOOGLE_CLIENT } from '../clients.ts';
import { readCodeWish, scopesOf } from '../code-wish.ts';
import { DEVICE_INTERVAL, DEVICE_LIFETIME } from '../grants.ts';
import { type Brand, messagePage, sendPage } from '../pages.ts';
import type { ProviderContext } from '../serve-provider.ts';
import { createSignIn } from '../sign-in.ts';
import type { SimulatedAccount } from '../simulator.ts';
import { field } from '../web.ts';
import { GMAIL_SEND_SCOPES, isGoogleScope } from './context.ts';

/** Adds them to the app, with the pages. */
export function authorizeEndpoint(app: Express, context: ProviderContext, account: SimulatedAccount): void {
  const { world, grants } = context;
  const brand: Brand = {
    name: 'Google',
    colour: '#1a73e8',
    paths: { signIn: '/signin', consent: '/signin/consent', device: '/device' },
    account,
  };
  let consented = false;
  const signIn = createSignIn({
    app,
    world,
    grants,
    brand,
    words: {
      noAccount: 'Couldn’t find your Google Account',
      wrongPassword: 'Wrong password. Try again.',
      cancelled: { error: 'access_denied' },
      declined: { error: 'access_denied' },
      granted({ scopes, offline }) {
        consented ||= offline;
        return { scope: scopes.join(' ') };
      },
    },
  });

  app.get('/o/oauth2/v2/auth', (request, response) => {
    const query: unknown = request.query;
    const redirectUri = field(query, 'redirect_uri') ?? '';
    const prompt = field(query, 'prompt')?.split(' ') ?? [];
    const offline = field(query, 'access_type') === 'offline' && (!consented || prompt.includes('consent'));
    const fault = faultOf(query, redirectUri);
    if (fault !== undefined) {
      return sendPage(response, messagePage(brand, 'Access blocked: Authorization Error', fault), 400);
    }
    const wish = readCodeWish(query, { clientId: GOOGLE_CLIENT, redirectUri, offline });
    signIn.begin(response, wish, field(query, 'login_hint') ?? '');
  });

  function faultOf(query: unknown, redirectUri: string): string | undefined {
    if (field(query, 'client_id') !== GOOGLE_CLIENT)
      return 'The OAuth client was not found. Error 401: invalid_client';
    if (!world.clients.isRedirectUri(redirectUri)) {
      return `You can’t sign in to this app because it doesn’t comply with Google’s OAuth 2.0 policy: register the redirect URI ${redirectUri.slice(0, 200)}. Error 400: redirect_uri_mismatch`;
    }
    if (field(query, 'response_type') !== 'code') return 'Invalid response_type. Error 400: invalid_request';
    const scopes = scopesOf(query);
    if (scopes.length === 0) return 'Missing required parameter: scope. Error 400: invalid_request';
    const strange = scopes.filter((scope) => !isGoogleScope(scope));
    return strange.length === 0
      ? undefined
      : `Some requested scopes were invalid: ${strange.join(' ').slice(0, 200)}. Error 400: invalid_scope`;
  }

  app.post('/device/code', (request, response) => {
    const form: unknown = request.body;
    const scopes = scopesOf(form);
    if (field(form, 'client_id') !== GOOGLE_CLIENT) {
      response
        .status(401)
        .json({ error: 'invalid_client', error_description: 'The OAuth client was not found.' });
      return;
    }
    // Google does not give Gmail's scopes to devices.
    const refused = scopes.filter((scope) => !isGoogleScope(scope) || GMAIL_SEND_SCOPES.includes(scope));
    if (scopes.length === 0 || refused.length > 0) {
      response.status(400).json({
        error: 'invalid_scope',
        error_description: `Invalid device flow scope: ${refused.join(' ').slice(0, 200)}`,
      });
      return;
    }
    const { deviceCode, userCode } = grants.startDevice(GOOGLE_CLIENT, scopes);
    response.json({
      device_code: deviceCode,
      user_code: userCode,
      expires_in: DEVICE_LIFETIME / 1000,
      interval: DEVICE_INTERVAL,
      verification_url: `${context.origin()}/device`,
    });
  });
}
