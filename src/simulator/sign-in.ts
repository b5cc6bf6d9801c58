/*
 * A person signs in and consents, at either provider, for an authorization code or for a device. What was asked for waits here while
 * the pages are filled in, for ten minutes.
 */
import { randomBytes } from 'node:crypto';
import type { Express, Response } from 'express';
import { BoundedMap } from './bounded-map.ts';
import { CODE_LIFETIME, type CodeTerms, type DeviceGrant, type Grants } from './grants.ts';
import { type Brand, consentPage, devicePage, messagePage, sendPage, signInPage } from './pages.ts';
import { field } from './web.ts';
import type { World } from './world.ts';

/** What a browser was sent here for. */
export interface CodeWish {
  readonly kind: 'code';
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly terms: CodeTerms;
  readonly state?: string;
  readonly nonce?: string;
  readonly offline: boolean;
}

type Wish = CodeWish | { readonly kind: 'device'; readonly device: DeviceGrant };

/** What the provider says to a browser or to the application that sent it. */
export interface SignInWords {
  readonly wrongPassword: string;
  readonly noAccount: string;
  /** Parameters of the redirect when somebody cancels the sign-in, or says no to consent. */
  readonly cancelled: Readonly<Record<string, string>>;
  readonly declined: Readonly<Record<string, string>>;
  /** Added to the redirect with the code. */
  readonly granted: (wish: CodeWish) => Readonly<Record<string, string>>;
}

export interface SignIn {
  /** Shows the first page. */
  begin(response: Response, wish: CodeWish, loginHint: string): void;
}

interface Waiting {
  readonly wish: Wish;
  readonly expiresAt: number;
  email: string;
  signedIn: boolean;
}

/** Adds the pages to the app. */
export function createSignIn(deps: {
  readonly app: Express;
  readonly world: World;
  readonly grants: Grants;
  readonly brand: Brand;
  readonly words: SignInWords;
}): SignIn {
  const { app, world, grants, brand, words } = deps;
  const sessions = new BoundedMap<string, Waiting>(1000);

  const open = (wish: Wish, email: string): string => {
    const session = randomBytes(24).toString('base64url');
    sessions.set(session, { wish, email, signedIn: false, expiresAt: world.clock.now() + CODE_LIFETIME });
    return session;
  };
  const waiting = (form: unknown, response: Response) => {
    const session = field(form, 'session') ?? '';
    const found = sessions.get(session);
    if (found !== undefined && world.clock.now() < found.expiresAt) return { session, found };
    sendPage(
      response,
      messagePage(brand, 'Begin again', 'This sign-in is over. Start it again where you came from.'),
      400,
    );
    return undefined;
  };
  const end = (response: Response, wish: Wish, parameters: Readonly<Record<string, string>>) => {
    if (wish.kind === 'code') return redirect(response, wish, parameters);
    wish.device.state = 'declined';
    sendPage(response, messagePage(brand, 'Cancelled', 'Nothing was granted. You can close this page.'));
  };

  app.post(brand.paths.signIn, (request, response) => {
    const form: unknown = request.body;
    const there = waiting(form, response);
    if (there === undefined) return;
    const { session, found } = there;
    if (field(form, 'action') === 'cancel') {
      sessions.delete(session);
      return end(response, found.wish, words.cancelled);
    }
    const email = (field(form, 'email') ?? '').trim();
    const mailbox = world.mailboxes.find(email);
    if (mailbox === undefined || mailbox.password !== field(form, 'password')) {
      const fault = mailbox === undefined ? words.noAccount : words.wrongPassword;
      return sendPage(response, signInPage(brand, { session, email, fault }));
    }
    found.email = mailbox.email;
    found.signedIn = true;
    const scopes = found.wish.kind === 'code' ? found.wish.scopes : found.wish.device.scopes;
    sendPage(response, consentPage(brand, { session, email: mailbox.email, scopes }));
  });

  app.post(brand.paths.consent, (request, response) => {
    const form: unknown = request.body;
    const there = waiting(form, response);
    if (there === undefined) return;
    const { session, found } = there;
    if (!found.signedIn) {
      return sendPage(response, signInPage(brand, { session, email: found.email }));
    }
    sessions.delete(session);
    const { wish, email } = found;
    if (field(form, 'decision') !== 'accept') return end(response, wish, words.declined);
    if (wish.kind === 'device') {
      const { clientId, scopes } = wish.device;
      wish.device.state = { email, clientId, scopes, offline: true };
      return sendPage(
        response,
        messagePage(brand, 'Done', 'You have signed in to Postern on your device. You can close this page.'),
      );
    }
    const { clientId, scopes, offline, nonce, terms } = wish;
    const consent = { email, clientId, scopes, offline, ...(nonce === undefined ? {} : { nonce }) };
    redirect(response, wish, { code: grants.giveCode(consent, terms), ...words.granted(wish) });
  });

  app.get(brand.paths.device, (request, response) => {
    sendPage(response, devicePage(brand, { code: field(request.query, 'user_code') ?? '' }));
  });

  app.post(brand.paths.device, (request, response) => {
    const code = field(request.body, 'code') ?? '';
    const device = grants.findDevice(code);
    if (device === undefined || device.state !== 'pending') {
      const fault = 'That code did not work. Check the code and try again.';
      return sendPage(response, devicePage(brand, { code, fault }));
    }
    const session = open({ kind: 'device', device }, '');
    sendPage(response, signInPage(brand, { session, email: '' }));
  });

  return {
    begin(response, wish, loginHint) {
      sendPage(response, signInPage(brand, { session: open(wish, loginHint), email: loginHint }));
    },
  };
}

/** Sends the browser back to the application, with the state that it gave (RFC 6749 section 4.1.2). */
export function redirect(
  response: Response,
  { terms, state }: CodeWish,
  parameters: Readonly<Record<string, string>>,
): void {
  const url = new URL(terms.redirectUri);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  if (state !== undefined) url.searchParams.set('state', state);
  response.redirect(302, url.href);
}
