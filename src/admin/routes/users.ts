/** People who may sign in. */
import { z } from 'zod';
import type { AuditChange } from '../../access/audit.ts';
import type { Access } from '../../access/create-access.ts';
import type { StoredUser } from '../../access/storage.ts';
import { errorText } from '../../shared/errors.ts';
import {
  newUserAnswerSchema,
  newUserSchema,
  type User,
  userChangedSchema,
  userChangeSchema,
  usersSchema,
} from '../contract-access.ts';
import { type AuditNote, nothing, type Route, route } from '../route.ts';
import { sendWelcome } from '../send-welcome.ts';
import type { AdminServices } from '../services.ts';

const oneUser = z.strictObject({ id: z.string().min(1).max(64) });

export function userRoutes(
  services: Pick<
    AdminServices,
    'accepting' | 'audit' | 'settings' | 'hostname' | 'clock' | 'random' | 'log'
  > & {
    readonly access: Access;
  },
): readonly Route[] {
  const { users } = services.access;

  /** Id of the mail; the user is there whether or not it could be sent. */
  async function welcome(user: StoredUser): Promise<string | undefined> {
    try {
      return await sendWelcome(user, services);
    } catch (error) {
      services.log.warn({ user: user.name, error: errorText(error) }, 'A welcome mail could not be queued');
      return undefined;
    }
  }

  return [
    route({
      method: 'get',
      path: '/api/v1/users',
      access: 'access.manage',
      summary: 'Who may sign in, by name.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: usersSchema,
      handle: async () => ({ json: { users: (await users.list()).map(answerOf) } }),
    }),
    route({
      method: 'post',
      path: '/api/v1/users',
      access: 'access.manage',
      summary: 'Adds a user, who chooses a password of their own at the first sign-in.',
      params: nothing,
      query: nothing,
      body: newUserSchema,
      api: { statuses: [201] },
      answer: newUserAnswerSchema,
      audit: ({ call: { body } }) => ({
        action: 'user.added',
        subject: body.name,
        text: `The user ${body.name} was added as ${body.role}`,
      }),
      async handle({ body, caller }) {
        const { user, password } = await users.add(body, caller);
        const mail = body.welcome === true && user.email !== undefined ? await welcome(user) : undefined;
        return {
          status: 201,
          json: {
            user: answerOf(user),
            ...(password === undefined ? {} : { password }),
            ...(mail === undefined ? {} : { welcome: mail }),
          },
        };
      },
    }),
    route({
      method: 'patch',
      path: '/api/v1/users/:id',
      access: 'access.manage',
      summary: 'Changes a user. Less rights, a new password or no second factor end the user’s sessions.',
      params: oneUser,
      query: nothing,
      body: userChangeSchema,
      answer: userChangedSchema,
      audit: 'itself',
      async handle({ params, body, caller, address }) {
        const { user, before, password } = await users.change(params.id, body, caller);
        const made = noteOf(user, before ?? user, body);
        if (made !== undefined) await services.audit?.record({ caller, address, ...made });
        return { json: { user: answerOf(user), ...(password === undefined ? {} : { password }) } };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/users/:id',
      access: 'access.manage',
      summary: 'Removes a user, whose sessions end.',
      params: oneUser,
      query: nothing,
      body: nothing,
      api: { statuses: [204] },
      audit: 'itself',
      async handle({ params, caller, address }) {
        const { name, role } = await users.remove(params.id, caller);
        await services.audit?.record({
          caller,
          address,
          action: 'user.removed',
          subject: name,
          text: `The user ${name} (${role}) was removed`,
        });
        return { status: 204, text: '' };
      },
    }),
  ];
}

function noteOf(
  after: StoredUser,
  before: StoredUser,
  asked: { readonly resetPassword?: true | undefined; readonly resetSecondFactor?: true | undefined },
): AuditNote | undefined {
  const [was, is] = [shown(before), shown(after)];
  const changes: AuditChange[] = Object.keys(is)
    .filter((path) => was[path] !== is[path])
    .map((path) => ({
      path,
      ...(was[path] === undefined ? {} : { before: was[path] }),
      ...(is[path] === undefined ? {} : { after: is[path] }),
    }));
  const did = [
    ...(changes.length > 0 ? [`changed (${changes.map(({ path }) => path).join(', ')})`] : []),
    ...(asked.resetPassword ? ['given a new password'] : []),
    ...(asked.resetSecondFactor ? ['relieved of the second factor'] : []),
  ];
  if (did.length === 0) return undefined;
  return {
    action: 'user.changed',
    subject: after.name,
    text: `The user ${after.name} was ${did.join(' and ')}`,
    changes,
  };
}

function shown({ name, email, role, disabled }: StoredUser): Readonly<Record<string, string | undefined>> {
  return { name, email, role, disabled: String(disabled) };
}

function answerOf(user: StoredUser): User {
  const { id, name, email, role, totp, disabled, mustChangePassword, createdAt, createdBy } = user;
  return {
    id,
    name,
    ...(email === undefined ? {} : { email }),
    role,
    secondFactor: totp !== undefined,
    disabled,
    mustChangePassword,
    createdAt,
    createdBy,
    ...(user.lastSignInAt === undefined ? {} : { lastSignInAt: user.lastSignInAt }),
  };
}
