/** What messages hold, waiting for one, and copies. Everything that goes out here was written by strangers. */
import { z } from 'zod';
import type { Caller } from '../../access/caller.ts';
import type { Inbox } from '../../inbox/create-inbox.ts';
import { HTML_POLICY } from '../../inbox/inert-html.ts';
import { RelayError } from '../../shared/errors.ts';
import { messageId } from '../contract.ts';
import {
  contentSchema,
  copyAnswerSchema,
  copyRequestSchema,
  waitAnswerSchema,
  waitQuerySchema,
} from '../contract-messages.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';
import { shownMessage } from '../shown-message.ts';

const oneMessage = z.strictObject({ id: messageId });
const onePart = oneMessage.extend({
  number: z
    .string()
    .regex(/^\d{1,4}$/, { error: 'is not the number of a part' })
    .transform(Number),
});

/** Seconds, and what a call may take beyond the longest that can be asked for, ms. */
const USUAL_TIMEOUT = 30;
const WAIT_DEADLINE = 130_000;

export function messageRoutes({
  inbox,
  callerNow = async (caller) => caller,
  clock,
  log,
}: Pick<AdminServices, 'callerNow' | 'clock' | 'log'> & { readonly inbox: Inbox }): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/messages/wait',
      access: 'messages.read',
      summary:
        'Waits for a message that matches every condition given, and answers with the oldest one; 404 when none comes in time.',
      params: nothing,
      query: waitQuerySchema,
      body: nothing,
      answer: waitAnswerSchema,
      api: { refusals: [404] },
      deadline: WAIT_DEADLINE,
      async handle({ query: { timeout = USUAL_TIMEOUT, since = clock.now(), ...parts }, signal, caller }) {
        const message = await inbox.wait(withoutUndefined({ ...parts, since }), timeout * 1000, signal);
        if (message === undefined) {
          throw new RelayError('not-found', `No message that matches came within ${timeout} seconds.`);
        }
        // Two minutes are long enough to lose what one was allowed at their beginning.
        const now = await callerNow(caller);
        if (now?.permissions.has('messages.read') !== true) throw ended();
        const content = mayRead(now) ? await inbox.content(message.id).catch(unlessGone) : undefined;
        return { json: { message: shownMessage(message), ...(content === undefined ? {} : { content }) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/messages/:id/content',
      access: 'messages.content',
      summary: 'One message taken apart: header fields, text, and what else is in it.',
      params: oneMessage,
      query: nothing,
      body: nothing,
      answer: contentSchema,
      handle: async ({ params: { id } }) => ({ json: await inbox.content(id) }),
    }),
    route({
      method: 'get',
      path: '/api/v1/messages/:id/html',
      access: 'messages.content',
      summary: 'The HTML of a message as a page that can do nothing and loads nothing.',
      params: oneMessage,
      query: nothing,
      body: nothing,
      api: { mediaType: 'text/html' },
      async handle({ params: { id } }) {
        const text = await inbox.page(id);
        const headers = {
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': HTML_POLICY,
          // Browsers would look up the names of links ahead of time.
          'X-DNS-Prefetch-Control': 'off',
          // It has an origin of its own anyway, and the page's was there first.
          'Origin-Agent-Cluster': '?0',
          'X-Frame-Options': 'SAMEORIGIN',
          'Referrer-Policy': 'no-referrer',
        };
        return { headers, text };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/messages/:id/parts/:number',
      access: 'messages.content',
      summary: 'One part of a message as a file.',
      params: onePart,
      query: nothing,
      body: nothing,
      api: { mediaType: 'application/octet-stream' },
      handle: ({ params: { id, number } }) => inbox.file(id, number),
    }),
    route({
      method: 'post',
      path: '/api/v1/queue/:id/copy',
      access: 'messages.act',
      summary:
        'Sends a message to somebody else as well; the message itself stays as it is. Needs messages.content too.',
      params: oneMessage,
      query: nothing,
      body: copyRequestSchema,
      answer: copyAnswerSchema,
      api: { statuses: [202], refusals: [403, 409] },
      audit: ({ call: { params, body }, reply }) => ({
        action: 'messages.copied',
        subject: `message ${params.id}`,
        text: `Sent a copy of message ${params.id} to ${body.to} as message ${reply.json?.id ?? ''}.`,
      }),
      async handle({ params: { id }, body: { to, upstream }, by, caller }) {
        // Whoever names the recipient reads it.
        if (!mayRead(caller)) {
          throw new RelayError('forbidden', 'To send copies one has to be allowed to read messages.');
        }
        const copy = await inbox.copy(id, { to, by, ...(upstream === undefined ? {} : { upstream }) });
        log.info({ id, by, copy: copy.id, recipient: to, upstream }, 'A copy was sent');
        return { status: 202, json: copy };
      },
    }),
  ];
}

function ended(): RelayError {
  return new RelayError('unauthenticated', 'You may not see messages any more; sign in again.');
}

function mayRead(caller: Caller): boolean {
  return caller.permissions.has('messages.content');
}

/** Delivered and gone already: then there is the message without what it said. */
function unlessGone(error: unknown): undefined {
  if (error instanceof RelayError && (error.code === 'not-found' || error.code === 'overloaded'))
    return undefined;
  throw error;
}

function withoutUndefined(awaited: {
  readonly since: number;
  readonly recipient?: string | undefined;
  readonly sender?: string | undefined;
  readonly subject?: string | undefined;
}): Parameters<Inbox['wait']>[0] {
  const { since, recipient, sender, subject } = awaited;
  return {
    since,
    ...(recipient === undefined ? {} : { recipient }),
    ...(sender === undefined ? {} : { sender }),
    ...(subject === undefined ? {} : { subject }),
  };
}
