/** API tokens, for programs. */
import { z } from 'zod';
import type { Access } from '../../access/create-access.ts';
import { ALL_PERMISSIONS, isPermission, PERMISSIONS } from '../../access/permissions.ts';
import type { StoredToken } from '../../access/storage.ts';
import { type ApiToken, newTokenAnswerSchema, newTokenSchema, tokensSchema } from '../contract-access.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

const oneToken = z.strictObject({ id: z.string().min(1).max(64) });

export function tokenRoutes({
  access: { tokens },
  audit,
}: Pick<AdminServices, 'audit'> & { readonly access: Access }): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/tokens',
      access: 'access.manage',
      summary: 'API tokens by name, never what is sent; and what a token may be given.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: tokensSchema,
      async handle() {
        const scopes = ALL_PERMISSIONS.map((name) => ({ name, allows: PERMISSIONS[name] }));
        return { json: { tokens: (await tokens.list()).map(answerOf), scopes } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/tokens',
      access: 'access.manage',
      summary: 'Makes an API token, which is shown in this answer and never again.',
      params: nothing,
      query: nothing,
      body: newTokenSchema,
      api: { statuses: [201] },
      answer: newTokenAnswerSchema,
      audit: ({ call: { body } }) => ({
        action: 'token.created',
        subject: body.name,
        text: `The API token ${body.name} was made${body.days === undefined ? ', without an end' : `, for ${body.days} days`}`,
        changes: body.scopes.map((scope) => ({ path: 'scopes', after: scope })),
      }),
      async handle({ body, caller }) {
        const { token, secret } = await tokens.add(body, caller);
        return { status: 201, json: { token: answerOf(token), secret: secret.reveal() } };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/tokens/:id',
      access: 'access.manage',
      summary: 'Revokes an API token, at once.',
      params: oneToken,
      query: nothing,
      body: nothing,
      api: { statuses: [204] },
      audit: 'itself',
      async handle({ params, caller, address }) {
        const { name } = await tokens.remove(params.id);
        await audit?.record({
          caller,
          address,
          action: 'token.revoked',
          subject: name,
          text: `The API token ${name} was revoked`,
        });
        return { status: 204, text: '' };
      },
    }),
  ];
}

function answerOf({ id, name, scopes, createdAt, createdBy, expiresAt, usedAt }: StoredToken): ApiToken {
  return {
    id,
    name,
    scopes: scopes.filter(isPermission),
    createdAt,
    createdBy,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(usedAt === undefined ? {} : { usedAt }),
  };
}
