/** The queue: what is in it, what happened to a message, its content, and the operators' verbs. */
import { z } from 'zod';
import type { MessageFilter } from '../../queue/storage.ts';
import { RelayError } from '../../shared/errors.ts';
import { messageIdTime } from '../../shared/ids.ts';
import { messagesNote } from '../audit-notes.ts';
import {
  countsSchema,
  listQuerySchema,
  messageDetailSchema,
  messageId,
  messagePageSchema,
  releaseRequestSchema,
  verbAnswerSchema,
  verbRequestSchema,
} from '../contract.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';
import { shownMessage } from '../shown-message.ts';

const oneMessage = z.strictObject({ id: messageId });
/** Verbs over many messages take a while. */
const VERB_DEADLINE = 120_000;
/** Milliseconds after which a search is answered with what it has found. */
const SEARCH_TIME = 100;

export function queueRoutes({ queue, log }: Pick<AdminServices, 'queue' | 'log'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/queue',
      access: 'messages.read',
      summary: 'Messages, newest first, that match every condition given.',
      params: nothing,
      query: listQuerySchema,
      body: nothing,
      answer: messagePageSchema,
      async handle({ query: { limit, before, state, ...conditions } }) {
        const filter = withoutUndefined({ ...conditions, states: state });
        const { messages, next } = await queue.list(filter, limit, before, SEARCH_TIME);
        return {
          json: {
            messages: messages.map(shownMessage),
            ...(next === undefined ? {} : { next, searchedTo: messageIdTime(next) }),
          },
        };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/queue/counts',
      access: 'messages.read',
      summary: 'How many messages are in each state, their bytes, and when what waits will have left.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: countsSchema,
      async handle() {
        const [counts, waiting] = await Promise.all([queue.counts(), queue.waiting()]);
        return { json: { counts, waiting } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/queue/:id',
      access: 'messages.read',
      summary: 'One message with its journal.',
      params: oneMessage,
      query: nothing,
      body: nothing,
      answer: messageDetailSchema,
      async handle({ params: { id } }) {
        const story = await queue.show(id);
        return { json: { ...story, message: shownMessage(story.message) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/queue/:id/content',
      access: 'messages.content',
      summary: 'The message as it is stored, as a file.',
      params: oneMessage,
      query: nothing,
      body: nothing,
      api: { mediaType: 'message/rfc822' },
      async handle({ params: { id } }) {
        const body = await queue.body(id);
        if (!body) {
          throw new RelayError('not-found', `The content of message ${id} is not kept (any more).`, {
            hint: 'queue.keepBodies of the settings says how long the content of finished messages is kept.',
          });
        }
        const headers = {
          'Content-Type': 'message/rfc822',
          'Content-Length': String(body.size),
          'Content-Disposition': `attachment; filename="${id}.eml"`,
        };
        return { headers, chunks: body.chunks() };
      },
    }),
    verb('retry', 'Tries queued messages now; puts failed ones back into the queue.', (filter, by) =>
      queue.retry(filter, by),
    ),
    verb('hold', 'Keeps queued messages back until they are released.', (filter, by) =>
      queue.hold(filter, by),
    ),
    verb('delete', 'Takes messages out of the queue for good; nobody is told.', (filter, by) =>
      queue.delete(filter, by),
    ),
    route({
      method: 'post',
      path: '/api/v1/queue/release',
      access: 'messages.act',
      summary: 'Sends held messages, to the upstream in `to` where it is given.',
      params: nothing,
      query: nothing,
      body: releaseRequestSchema,
      answer: verbAnswerSchema,
      deadline: VERB_DEADLINE,
      audit({ call: { body }, reply: { json } }) {
        const { all: _all, to, ...filter } = body;
        const way = to === undefined ? '' : ` to the upstream ${to}`;
        return messagesNote('release', withoutUndefined(filter), json?.changed ?? [], way);
      },
      async handle({ body: { all: _all, to, ...filter }, by }) {
        const result = await queue.release(withoutUndefined(filter), by, to);
        log.info({ verb: 'release', by, upstream: to, changed: result.changed.length }, 'Queue verb');
        return { json: result };
      },
    }),
  ];

  function verb(
    name: 'retry' | 'hold' | 'delete',
    summary: string,
    run: (filter: MessageFilter, by: string) => ReturnType<typeof queue.retry>,
  ): Route {
    return route({
      method: 'post',
      path: `/api/v1/queue/${name}`,
      access: 'messages.act',
      summary,
      params: nothing,
      query: nothing,
      body: verbRequestSchema,
      answer: verbAnswerSchema,
      deadline: VERB_DEADLINE,
      audit({ call: { body }, reply: { json } }) {
        const { all: _all, ...filter } = body;
        return messagesNote(name, withoutUndefined(filter), json?.changed ?? []);
      },
      async handle({ body: { all: _all, ...filter }, by }) {
        const result = await run(withoutUndefined(filter), by);
        log.info({ verb: name, by, changed: result.changed.length }, 'Queue verb');
        return { json: result };
      },
    });
  }
}

/** Schemas make `undefined` of what is absent; a filter has no such fields. */
function withoutUndefined(
  filter: { [K in keyof MessageFilter]: MessageFilter[K] | undefined },
): MessageFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
