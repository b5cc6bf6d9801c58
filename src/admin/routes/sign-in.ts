/**
 * What a browser sees of a sign-in. Anybody may call these addresses: without the id of our link nobody gets to a provider, and
 * without the cookie that our link sets nobody finishes anything. Every refusal sounds the same, and is counted.
 */
import { z } from 'zod';
import type { Authorizations, SignInState } from '../../oauth/authorizations.ts';
import { unknownSignIn } from '../../oauth/sign-in/callback.ts';
import { stateHash } from '../../oauth/sign-in/pkce.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { signInNote } from '../audit-notes.ts';
import { cookieName, cookieValue, setCookie } from '../cookies.ts';
import { errorAnswer, HttpError } from '../errors.ts';
import { createFailureCount } from '../failure-count.ts';
import { nothing, type RawCall, type Reply, type Route, route } from '../route.ts';
import { SIGN_IN_STYLE, signInPage } from '../sign-in-page.ts';

/** In a minute and from one address, before the answer is 429. */
const MAX_FAILURES = 20;
/** Milliseconds; the provider alone may take 20 s. */
const FINISH_DEADLINE = 60_000;

/** Statuses of the page that says why not. */
const REFUSED = [400, 404, 429] as const;

/** Nothing on the page runs, nothing is sent from it, and nothing but our style sheet is loaded. */
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

/** Whatever a browser brings; what counts is picked out and checked one by one. */
const anything = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

export function signInRoutes(services: {
  readonly authorizations: Authorizations;
  readonly accessUrl: () => string;
  readonly clock: Clock;
  readonly log: Log;
}): readonly Route[] {
  const { authorizations, accessUrl, clock, log } = services;
  const failures = createFailureCount(clock);
  /** How each call that finished a sign-in ended, for the audit trail. */
  const ended = new WeakMap<RawCall, SignInState>();
  const noteOf = ({ call }: { readonly call: RawCall }) => {
    const state = ended.get(call);
    return state === undefined ? undefined : signInNote(state);
  };
  const secure = () => accessUrl().startsWith('https:');

  /** What went wrong, as a page. Faults of ours go on to where they are logged. */
  function refusal(error: unknown, call: RawCall, style: string): Reply {
    if (!(error instanceof RelayError) || error.code === 'internal') throw error;
    const { count, wait } = failures.add(call.address);
    const tooMany = count > MAX_FAILURES;
    if (!tooMany) {
      log.warn({ address: call.address, failures: count, code: error.code }, 'A sign-in could not go on');
    }
    const { status, headers, body } = errorAnswer(tooMany ? tooManyFailures(wait) : error);
    return {
      status,
      headers: { ...headers, ...PAGE_HEADERS },
      text: signInPage({
        title: 'Not signed in',
        paragraphs: [body.message],
        ...(body.hint === undefined ? {} : { remedy: body.hint }),
        good: false,
        style,
      }),
    };
  }

  async function finish(call: RawCall & { query: z.output<typeof anything> }, style: string): Promise<Reply> {
    try {
      const parameters = parametersOf(call.query);
      const name = nameOf(parameters.get('state') ?? '');
      const binding = cookieValue(call.cookie, name);
      if (binding === undefined) throw unknownSignIn();
      const state = await authorizations.finish(parameters, { binding });
      ended.set(call, state);
      const gone = setCookie(name, '', { secure: secure(), maxAge: 0 });
      return {
        status: state.state === 'authorized' ? 200 : 400,
        headers: { ...PAGE_HEADERS, 'Set-Cookie': gone },
        text: signInPage({ ...endOf(state), style }),
      };
    } catch (error) {
      return refusal(error, call, style);
    }
  }

  /** Each sign-in has a cookie of its own, so that two in one browser do not disturb each other. */
  function nameOf(state: string): string {
    return cookieName(`postern-sign-in-${stateHash(state).slice(0, 16)}`, secure());
  }

  return [
    route({
      method: 'get',
      path: '/login/authorize/:id',
      access: 'public',
      summary: 'Our link of a sign-in: binds the browser and sends it to the provider.',
      params: z.strictObject({ id: z.string() }),
      query: anything,
      body: nothing,
      api: { mediaType: 'text/html', statuses: [302, ...REFUSED] },
      async handle(call) {
        try {
          const { url, binding, expiresAt } = await authorizations.bind(call.params.id);
          const state = new URL(url).searchParams.get('state') ?? '';
          const maxAge = Math.max(1, Math.ceil((expiresAt - clock.now()) / 1000));
          const cookie = setCookie(nameOf(state), binding, { secure: secure(), maxAge });
          return { status: 302, headers: { Location: url, 'Set-Cookie': cookie }, text: '' };
        } catch (error) {
          return refusal(error, call, '../style.css');
        }
      },
    }),
    route({
      method: 'get',
      path: '/login/smtp-verification',
      access: 'public',
      summary: 'Redirect URI of a sign-in.',
      params: nothing,
      query: anything,
      body: nothing,
      api: { mediaType: 'text/html', statuses: [200, ...REFUSED] },
      deadline: FINISH_DEADLINE,
      audit: noteOf,
      handle: (call) => finish(call, 'style.css'),
    }),
    route({
      method: 'get',
      path: '/pmpredirect/AzureOAuth',
      access: 'public',
      summary: 'Redirect URI of a sign-in, under a path that other relays use.',
      params: nothing,
      query: anything,
      body: nothing,
      api: { mediaType: 'text/html', statuses: [200, ...REFUSED] },
      deadline: FINISH_DEADLINE,
      audit: noteOf,
      handle: (call) => finish(call, '../login/style.css'),
    }),
    route({
      method: 'get',
      path: '/login/style.css',
      access: 'public',
      summary: 'Style sheet of the page at which a sign-in ends.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { mediaType: 'text/css' },
      handle: () => ({ headers: { 'Content-Type': 'text/css; charset=utf-8' }, text: SIGN_IN_STYLE }),
    }),
  ];
}

function tooManyFailures(wait: number): HttpError {
  return new HttpError(429, 'not-found', 'Too many failed attempts from this address; wait a minute.', {
    headers: { 'Retry-After': String(wait) },
  });
}

function parametersOf(query: Readonly<Record<string, string | readonly string[]>>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
  );
}

function endOf(state: SignInState) {
  const { upstream, account, text, remedy } = state;
  const good = state.state === 'authorized';
  const more = remedy === undefined ? {} : { remedy };
  if (!good) return { title: 'Not authorized', good, paragraphs: [text ?? 'The sign-in failed.'], ...more };
  const who = account === undefined ? 'Authorized' : `Authorized as ${account}`;
  const paragraphs = [
    `${who} for the upstream ${upstream}. You can close this tab.`,
    ...(text === undefined ? [] : [text]),
  ];
  return { title: 'Authorized', good, paragraphs, ...more };
}
