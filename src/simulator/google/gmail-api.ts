/*
 * The Gmail API as far as sending goes: “Method: users.messages.send”, with the message in JSON or as a media upload, “Usage limits”.
 */
import { randomBytes } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { isRecord, textClaim } from '../json-web-token.ts';
import { messageParts } from '../message-parts.ts';
import { googleError } from '../scenarios-api.ts';
import type { ProviderContext } from '../serve-provider.ts';
import type { Usage } from '../usage.ts';
import { bytesOf, field, pathPart, playOverHttp } from '../web.ts';
import { GMAIL_SEND_SCOPES } from './context.ts';
import { asGmailSends } from './own-sender.ts';

const MEGABYTE = 1024 * 1024;
const MAX_UPLOAD = 35 * MEGABYTE;
/** Of JSON, with the message in base64. */
const MAX_JSON = 10 * MEGABYTE;
/** 15,000 quota units a minute for a user, 100 units a message. */
const MESSAGES_A_MINUTE = 150;
const MESSAGES_A_DAY = 2000;

/** Adds it to the app. */
export function gmailApi(app: Express, { world, tokens }: ProviderContext, usage: Usage): void {
  const { behaviours, clock, limits, mailboxes, outbox } = world;

  /** The mailbox behind the token; undefined when the refusal was sent. */
  function mailboxOf(request: Request, response: Response): string | undefined {
    const token = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const claims = token === undefined ? undefined : tokens.check(token);
    if (typeof claims !== 'object') {
      fail(
        response,
        401,
        'authError',
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
        'UNAUTHENTICATED',
      );
      return undefined;
    }
    const scopes = textClaim(claims, 'scope').split(' ');
    if (!scopes.some((scope) => GMAIL_SEND_SCOPES.includes(scope))) {
      fail(
        response,
        403,
        'insufficientPermissions',
        'Request had insufficient authentication scopes.',
        'PERMISSION_DENIED',
      );
      return undefined;
    }
    const own = textClaim(claims, 'email');
    const asked = pathPart(request, 'user');
    if (mailboxes.find(own) === undefined) {
      fail(response, 400, 'failedPrecondition', 'Precondition check failed.', 'FAILED_PRECONDITION');
      return undefined;
    }
    if (asked === 'me' || asked.toLowerCase() === own.toLowerCase()) return own;
    fail(response, 403, 'forbidden', `Delegation denied for ${own}`, 'PERMISSION_DENIED');
    return undefined;
  }

  async function send(request: Request, response: Response, read: () => Buffer | undefined): Promise<void> {
    const mailbox = mailboxOf(request, response);
    if (mailbox === undefined) return;
    const message = read();
    const parts = messageParts(message ?? Buffer.alloc(0));
    const played = behaviours.take('api', {
      senders: [mailbox, ...parts.from],
      recipients: parts.recipients,
    });
    if (played?.kind === 'lost' && played.taken && message !== undefined) take(mailbox, message);
    if (played?.kind === 'http' && played.status === 429) outbox.counters.throttled += 1;
    if (played !== undefined && (await playOverHttp(played, world, request, response, mailbox))) return;
    if (message === undefined || message.length === 0) {
      return fail(
        response,
        400,
        'invalidArgument',
        "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
        'INVALID_ARGUMENT',
      );
    }
    if (parts.recipients.length === 0) {
      return fail(response, 400, 'invalidArgument', 'Recipient address required', 'INVALID_ARGUMENT');
    }
    const used = usage(mailbox);
    const minute = used.messagesInMinute.roomIn(1, MESSAGES_A_MINUTE);
    const day = used.messagesInDay.roomIn(1, MESSAGES_A_DAY);
    if (limits && (minute > 0 || day > 0)) {
      outbox.counters.throttled += 1;
      const retry = new Date(clock.now() + Math.max(minute, day)).toISOString();
      return fail(
        response,
        429,
        'rateLimitExceeded',
        `User-rate limit exceeded.  Retry after ${retry}${day > 0 ? ' (Mail sending)' : ''}`,
        'RESOURCE_EXHAUSTED',
      );
    }
    used.messagesInMinute.add(1);
    used.messagesInDay.add(1);
    take(mailbox, message);
    const id = randomBytes(8).toString('hex');
    response.json({ id, threadId: id, labelIds: ['SENT'] });
  }

  function take(mailbox: string, message: Buffer): void {
    const { content, sender } = asGmailSends(message, mailbox, mailboxes);
    const { recipients } = messageParts(message);
    outbox.add({ provider: 'google', over: 'api', mailbox, sender, recipients, content });
  }

  app.post(
    '/gmail/v1/users/:user/messages/send',
    express.json({ limit: MAX_JSON, inflate: false }),
    (request, response) => send(request, response, () => fromBase64(field(request.body, 'raw'))),
  );
  app.post(
    '/upload/gmail/v1/users/:user/messages/send',
    express.raw({ type: () => true, limit: MAX_UPLOAD, inflate: false }),
    (request, response) =>
      send(request, response, () => {
        const media =
          field(request.query, 'uploadType') === 'media' && request.is('message/rfc822') !== false;
        return media ? bytesOf(request) : undefined;
      }),
  );

  app.use(['/gmail', '/upload'], faults);
}

function fromBase64(raw: string | undefined): Buffer | undefined {
  return raw === undefined || !/^[\w+/-]+={0,2}$/.test(raw) ? undefined : Buffer.from(raw, 'base64url');
}

function fail(response: Response, status: number, reason: string, message: string, word: string): void {
  if (status === 401)
    response.set('WWW-Authenticate', 'Bearer realm="https://accounts.google.com/", error="invalid_token"');
  response.status(status).json(googleError(status, reason, message, word));
}

const faults: ErrorRequestHandler = (error: unknown, _request, response: Response, next) => {
  if (!isRecord(error)) return next(error);
  if (error['type'] === 'entity.too.large') {
    return fail(response, 413, 'uploadTooLarge', 'Request Entity Too Large', 'INVALID_ARGUMENT');
  }
  if (error['type'] === 'entity.parse.failed') {
    return fail(response, 400, 'parseError', 'Invalid JSON payload received.', 'INVALID_ARGUMENT');
  }
  next(error);
};
