/** Consent behind upstreams, for callers with the token: how it stands, begun, waited for, finished by hand, forgotten. */
import { z } from 'zod';
import type { Authorizations, SignInState } from '../../oauth/authorizations.ts';
import { pastedParameters } from '../../oauth/sign-in/callback.ts';
import type { Clock } from '../../shared/clock.ts';
import { signInNote } from '../audit-notes.ts';
import {
  authorizationsSchema,
  finishRequestSchema,
  forgottenSchema,
  signInStartSchema,
  signInStateSchema,
  startRequestSchema,
} from '../contract-authorizations.ts';
import { nothing, type Route, route } from '../route.ts';

/** Longest wait for the end of a sign-in, in seconds; below the deadline of a request. */
const LONGEST_WAIT = 25;
/** Milliseconds between two looks at the store, since another node may finish it. */
const EVERY = 500;
/** Milliseconds; the provider alone may take 20 s. */
const FINISH_DEADLINE = 60_000;

const named = z.strictObject({ name: z.string().min(1).max(64) });
const oneSignIn = z.strictObject({ id: z.string().max(64) });
const waiting = z.strictObject({
  wait: z
    .string()
    .regex(/^\d{1,2}$/, { error: 'is not a number of seconds' })
    .transform(Number)
    .pipe(z.int().max(LONGEST_WAIT, { error: `is more than ${LONGEST_WAIT}` }))
    .optional(),
});

export function authorizationRoutes(services: {
  readonly authorizations: Authorizations;
  readonly clock: Clock;
}): readonly Route[] {
  const { authorizations, clock } = services;
  return [
    route({
      method: 'get',
      path: '/api/v1/authorizations',
      access: 'status.read',
      summary:
        'How the consent behind each upstream with OAuth 2.0 stands, and the redirect URIs to register.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: authorizationsSchema,
      handle: async () => ({
        json: { authorizations: await authorizations.status(), redirectUris: authorizations.redirectUris() },
      }),
    }),
    route({
      method: 'post',
      path: '/api/v1/upstreams/:name/authorization',
      access: 'authorizations.manage',
      summary: 'Begins a sign-in: answers with a link for a browser, or with a code for another device.',
      params: named,
      query: nothing,
      body: startRequestSchema,
      answer: signInStartSchema,
      api: { statuses: [201] },
      deadline: FINISH_DEADLINE,
      audit: ({ call: { params } }) => ({
        action: 'authorizations.started',
        subject: params.name,
        text: `Began a sign-in at the provider of the upstream ${params.name}.`,
      }),
      async handle({ params: { name }, body, by }) {
        const { flow, redirectPath } = body ?? {};
        const started = await authorizations.start(name, {
          by,
          ...(flow === undefined ? {} : { flow }),
          ...(redirectPath === undefined ? {} : { redirectPath }),
        });
        return { status: 201, json: started };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/upstreams/:name/authorization',
      access: 'authorizations.manage',
      summary: 'Forgets the consent of an upstream, and its tokens.',
      params: named,
      query: nothing,
      body: nothing,
      answer: forgottenSchema,
      audit: ({ call: { params } }) => ({
        action: 'authorizations.forgotten',
        subject: params.name,
        text: `Forgot the authorization of the upstream ${params.name}.`,
      }),
      async handle({ params: { name }, by }) {
        await authorizations.forget(name, by);
        return { json: { upstream: name } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/sign-ins/:id',
      access: 'authorizations.manage',
      summary: 'How a sign-in stands; with ?wait=SECONDS (at most 25) the answer waits for its end.',
      params: oneSignIn,
      query: waiting,
      body: nothing,
      answer: signInStateSchema,
      async handle({ params: { id }, query: { wait = 0 }, signal }) {
        return { json: await waitForEnd(id, clock.monotonic() + wait * 1000, signal) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/sign-ins/finish',
      access: 'authorizations.manage',
      summary:
        'Finishes a sign-in with the address at which the browser ended, where it could not reach Postern.',
      params: nothing,
      query: nothing,
      body: finishRequestSchema,
      answer: signInStateSchema,
      api: { refusals: [404] },
      deadline: FINISH_DEADLINE,
      audit: ({ reply: { json } }) => (json === undefined ? undefined : signInNote(json)),
      handle: async ({ body: { address } }) => ({
        json: await authorizations.finish(pastedParameters(address), { authenticated: true }),
      }),
    }),
  ];

  async function waitForEnd(id: string, until: number, signal: AbortSignal): Promise<SignInState> {
    for (;;) {
      const found = await authorizations.signIn(id);
      const over = found.state === 'authorized' || found.state === 'failed';
      if (over || signal.aborted || clock.monotonic() >= until) return found;
      await new Promise<void>((resolve) => {
        clock.after(Math.min(EVERY, Math.max(0, until - clock.monotonic())), resolve);
      });
    }
  }
}
