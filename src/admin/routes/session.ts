/** Signing in and out, and the sessions of one's own. */
import { z } from 'zod';
import type { Access } from '../../access/create-access.ts';
import { permissionsOf } from '../../access/permissions.ts';
import type { LiveSession, SessionOrigin } from '../../access/sessions.ts';
import { RelayError } from '../../shared/errors.ts';
import {
  endedSessionsSchema,
  type Session,
  sessionSchema,
  sessionsSchema,
  signInAnswerSchema,
  signInRequestSchema,
} from '../contract-access.ts';
import { nothing, type RawCall, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';
import { browserMark, sessionCookie, signedInHeaders, signedOutHeaders } from '../session-cookies.ts';

const oneSession = z.strictObject({ id: z.string().min(1).max(64) });

export function sessionRoutes({
  access,
  clock,
}: Pick<AdminServices, 'clock'> & { readonly access: Access }): readonly Route[] {
  const { sessions, signIn } = access;
  return [
    route({
      method: 'post',
      path: '/api/v1/session',
      access: 'public',
      summary: 'Signs in; answers `code-needed` where a code of the second factor is missing.',
      params: nothing,
      query: nothing,
      body: signInRequestSchema,
      answer: signInAnswerSchema,
      audit: 'itself',
      async handle(call) {
        const answer = await signIn.attempt({
          ...call.body,
          origin: originOfSession(call),
          mark: browserMark(call),
          previous: sessionCookie(call),
        });
        if (answer.state === 'code-needed') return { json: { state: 'code-needed' as const } };
        return {
          headers: signedInHeaders(answer.cookie, call.secure, answer.mark),
          json: { state: 'signed-in' as const, session: sessionAnswer(answer.session) },
        };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/session',
      access: 'signed-in',
      summary: 'Who is signed in, and what they may do.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: sessionSchema,
      handle: async (call) => ({ json: sessionAnswer(await ownSession(access, call)) }),
    }),
    route({
      method: 'delete',
      path: '/api/v1/session',
      access: 'signed-in',
      summary: 'Signs out.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { statuses: [204] },
      audit: ({ call }) => ({
        action: 'user.signed-out',
        subject: call.by,
        text: `${call.by} signed out`,
      }),
      async handle({ caller: { user = '', session = '' }, secure }) {
        await sessions.end(user, session);
        return { status: 204, headers: signedOutHeaders(secure), text: '' };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/sessions',
      access: 'signed-in',
      summary: 'The sessions of one’s own, the latest first.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: sessionsSchema,
      async handle({ caller }) {
        const own = await sessions.list(caller.user ?? '');
        return {
          json: {
            sessions: own.map(({ id, createdAt, seenAt, address, agent }) => ({
              id,
              current: id === caller.session,
              createdAt,
              seenAt: id === caller.session ? clock.now() : seenAt,
              address,
              agent,
            })),
          },
        };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/sessions/:id',
      access: 'signed-in',
      summary: 'Ends another session of one’s own.',
      params: oneSession,
      query: nothing,
      body: nothing,
      api: { statuses: [204] },
      audit: ({ call }) => ({
        action: 'user.session-ended',
        subject: call.by,
        text: `${call.by} ended another session of their own`,
      }),
      async handle({ params, caller }) {
        if (params.id === caller.session) {
          throw new RelayError('not-allowed', 'This is the session that you use; sign out instead.');
        }
        if (!(await sessions.end(caller.user ?? '', params.id))) {
          throw new RelayError('not-found', 'You have no such session; it may have ended.');
        }
        return { status: 204, text: '' };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/sessions',
      access: 'signed-in',
      summary: 'Signs out everywhere else: ends all sessions of one’s own but this one.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: endedSessionsSchema,
      audit: ({ call }) => ({
        action: 'user.session-ended',
        subject: call.by,
        text: `${call.by} signed out everywhere else`,
      }),
      async handle({ caller: { user = '', session = '' } }) {
        return { json: { ended: await sessions.endOthers(user, session) } };
      },
    }),
  ];
}

/** The session that makes a call. Throws RelayError `unauthenticated` when it has ended meanwhile. */
export async function ownSession({ sessions }: Access, call: RawCall): Promise<LiveSession> {
  const cookie = sessionCookie(call);
  const found = cookie === undefined ? undefined : await sessions.find(cookie, { background: true });
  if (found !== undefined) return found;
  throw new RelayError('unauthenticated', 'This session has ended; sign in again.');
}

/** Where a session is used from. */
export function originOfSession({ address, agent }: RawCall): SessionOrigin {
  return { address, agent };
}

/** A session as the page knows it. */
export function sessionAnswer({ user, idleEndsAt, endsAt }: LiveSession): Session {
  const { id, name, email, role, totp, mustChangePassword } = user;
  return {
    user: {
      id,
      name,
      ...(email === undefined ? {} : { email }),
      role,
      secondFactor: totp !== undefined,
      mustChangePassword,
    },
    permissions: mustChangePassword ? [] : permissionsOf(role),
    idleEndsAt,
    endsAt,
  };
}
