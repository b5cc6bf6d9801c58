/** One's own password and second factor. Each change ends all sessions of one's own and begins a new one here. */
import type { Access } from '../../access/create-access.ts';
import type { NewSession } from '../../access/sessions.ts';
import {
  passwordOnlySchema,
  passwordRequestSchema,
  type Session,
  secondFactorRequestSchema,
  secondFactorSchema,
  sessionSchema,
} from '../contract-access.ts';
import { type AuditNote, nothing, type RawCall, type Reply, type Route, route } from '../route.ts';
import { signedInHeaders } from '../session-cookies.ts';
import { originOfSession, ownSession, sessionAnswer } from './session.ts';

export function profileRoutes({ access }: { readonly access: Access }): readonly Route[] {
  const { profile } = access;
  return [
    route({
      method: 'put',
      path: '/api/v1/session/password',
      access: 'signed-in',
      summary: 'Changes one’s own password; other sessions of one’s own end.',
      params: nothing,
      query: nothing,
      body: passwordRequestSchema,
      answer: sessionSchema,
      audit: ({ call }) => note('user.password-changed', call.by, 'changed their password'),
      async handle(call) {
        const { current, password } = call.body;
        const { user } = await ownSession(access, call);
        return renewed(await profile.changePassword(user, current, password, originOfSession(call)), call);
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/session/second-factor/new',
      access: 'signed-in',
      summary: 'A secret for an authenticator app; it counts once it is confirmed with a code.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: secondFactorSchema,
      audit: 'read-only',
      async handle(call) {
        const { user } = await ownSession(access, call);
        return { json: profile.newSecondFactor(user) };
      },
    }),
    route({
      method: 'put',
      path: '/api/v1/session/second-factor',
      access: 'signed-in',
      summary: 'Asks for a code at each sign-in from now on.',
      params: nothing,
      query: nothing,
      body: secondFactorRequestSchema,
      answer: sessionSchema,
      audit: ({ call }) => note('user.second-factor-set', call.by, 'set up a second factor'),
      async handle(call) {
        const { user } = await ownSession(access, call);
        return renewed(await profile.setSecondFactor(user, call.body, originOfSession(call)), call);
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/session/second-factor',
      access: 'signed-in',
      summary: 'Asks for no code any more.',
      params: nothing,
      query: nothing,
      body: passwordOnlySchema,
      answer: sessionSchema,
      audit: ({ call }) => note('user.second-factor-removed', call.by, 'removed their second factor'),
      async handle(call) {
        const { user } = await ownSession(access, call);
        return renewed(
          await profile.removeSecondFactor(user, call.body.password, originOfSession(call)),
          call,
        );
      },
    }),
  ];
}

function renewed({ session, cookie }: NewSession, { secure }: RawCall): Reply<Session> {
  return { headers: signedInHeaders(cookie, secure), json: sessionAnswer(session) };
}

function note(action: string, name: string, did: string): AuditNote {
  return { action, subject: name, text: `${name} ${did}` };
}
