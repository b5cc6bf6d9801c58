/** The first administrator, and the way back in for those who lost theirs. */
import type { Access } from '../../access/create-access.ts';
import { RelayError } from '../../shared/errors.ts';
import { ownCommand } from '../../shared/own-commands.ts';
import {
  setupLinkSchema,
  setupRequestSchema,
  setupStateSchema,
  signInAnswerSchema,
} from '../contract-access.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';
import { signedInHeaders } from '../session-cookies.ts';
import { originOfSession, sessionAnswer } from './session.ts';

export function setupRoutes({
  access,
  audit,
}: Pick<AdminServices, 'audit'> & { readonly access: Access }): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/setup',
      access: 'public',
      summary: 'Whether there is nobody yet who could sign in.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: setupStateSchema,
      handle: async () => ({ json: { needed: await access.setup.needed() } }),
    }),
    route({
      method: 'post',
      path: '/api/v1/setup',
      access: 'public',
      summary:
        'Makes an administrator with the token of a setup link, which is good once, and signs them in.',
      params: nothing,
      query: nothing,
      body: setupRequestSchema,
      api: { statuses: [201] },
      answer: signInAnswerSchema,
      audit: 'itself',
      async handle(call) {
        const { session, cookie } = await access.setup.redeem(call.body, originOfSession(call));
        const { name } = session.user;
        await audit?.record({
          caller: { kind: 'user', name },
          address: call.address,
          action: 'setup.done',
          subject: name,
          text: `${name} became an administrator with a setup link`,
        });
        return {
          status: 201,
          headers: signedInHeaders(cookie, call.secure),
          json: { state: 'signed-in' as const, session: sessionAnswer(session) },
        };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/setup/link',
      access: 'access.manage',
      summary: 'Makes a setup link, for whoever may use the machine itself; the one before is void.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { statuses: [201] },
      answer: setupLinkSchema,
      audit: () => ({ action: 'setup.link-made', text: 'A setup link was made on the machine' }),
      async handle({ caller }) {
        if (caller.kind !== 'machine') {
          throw new RelayError(
            'forbidden',
            `A setup link is made on the machine only: ${ownCommand('setup-link')}.`,
            {
              hint: 'On the page, add a user with the role administrator instead.',
            },
          );
        }
        const { link, expiresAt } = await access.setup.makeLink();
        return {
          status: 201,
          json: { link: link.reveal(), ...(expiresAt === undefined ? {} : { expiresAt }) },
        };
      },
    }),
  ];
}
