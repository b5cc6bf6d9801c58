/*
 * Microsoft Graph as far as sending mail goes: “user: sendMail”, “Create message”, “message: send”, “attachment: createUploadSession”,
 * “Delete message”.
 */
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { isRecord, textOr } from '../json-web-token.ts';
import { messageParts } from '../message-parts.ts';
import type { ProviderContext } from '../serve-provider.ts';
import type { Usage } from '../usage.ts';
import { pathPart } from '../web.ts';
import { createDrafts, type Draft } from './graph-drafts.ts';
import { failGraph } from './graph-error.ts';
import { createGraphGate, type GraphCall } from './graph-gate.ts';
import {
  attachmentOf,
  attachmentsOfJson,
  type GraphAttachment,
  jsonOf,
  messageOfJson,
  mimeOf,
  outgoing,
} from './graph-message.ts';
import { graphUploads } from './graph-uploads.ts';

/** Bytes of a request. */
const MAX_REQUEST = 4 * 1024 * 1024;
const MAX_MESSAGE = 35 * 1024 * 1024;
const RECIPIENTS_A_DAY = 10_000;

const SEND = ['Mail.Send'];
const WRITE = ['Mail.ReadWrite'];

/** Adds it to the app. */
export function graph(app: Express, context: ProviderContext, usage: Usage): void {
  const { world } = context;
  const { clock, limits, mailboxes, outbox } = world;
  const drafts = createDrafts();
  const gate = createGraphGate(context, usage);
  const fail = (response: Response, status: number, code: string, message: string) =>
    failGraph(response, clock, status, code, message);

  const draftOf = (call: GraphCall, request: Request) => drafts.find(call.mailbox, pathPart(request, 'id'));

  function notRead(call: GraphCall, response: Response): void {
    if (call.json) fail(response, 400, 'RequestBodyRead', 'The request body is not a message.');
    else
      fail(response, 400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.');
  }

  /** Sends, or says why not. */
  function send(
    call: GraphCall,
    message: Buffer,
    attachments: readonly GraphAttachment[],
    response: Response,
  ): boolean {
    const { from, fromName, recipients } = messageParts(message);
    const { mailbox } = call;
    if (from.some((each) => !mailboxes.maySendAs(mailbox, each)) || fromName.includes('@')) {
      fail(
        response,
        403,
        'ErrorSendAsDenied',
        'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message.',
      );
      return false;
    }
    if (recipients.length === 0) {
      fail(
        response,
        400,
        'ErrorInvalidRecipients',
        "At least one recipient isn't valid., A message can't be sent because it contains no recipients.",
      );
      return false;
    }
    const content = outgoing(message, attachments);
    if (content.length > MAX_MESSAGE) {
      fail(
        response,
        400,
        'ErrorMessageSizeExceeded',
        'The message exceeds the maximum supported size., Cannot submit message.',
      );
      return false;
    }
    const day = usage(mailbox).recipientsInDay;
    if (limits && day.roomIn(recipients.length, RECIPIENTS_A_DAY) > 0) {
      outbox.counters.throttled += 1;
      fail(
        response,
        429,
        'ErrorExceededMessageLimit',
        'The message limit has been exceeded., Cannot submit message.',
      );
      return false;
    }
    day.add(recipients.length);
    outbox.add({
      provider: 'microsoft',
      over: 'api',
      mailbox,
      sender: from[0] ?? mailbox,
      recipients,
      content,
    });
    response.status(202).end();
    return true;
  }

  const missing = (response: Response) =>
    fail(response, 404, 'ErrorItemNotFound', 'The specified object was not found in the store.');

  app.use('/v1.0', express.raw({ type: () => true, limit: MAX_REQUEST, inflate: false }));
  for (const base of ['/v1.0/me', '/v1.0/users/:user']) {
    app.post(
      `${base}/sendMail`,
      gate(
        SEND,
        (call, _request, response) => {
          if (call.message === undefined) return notRead(call, response);
          send(call, call.message, call.json ? attachmentsOfJson(call.body) : [], response);
        },
        readMessage,
      ),
    );
    app.post(
      `${base}/messages`,
      gate(
        WRITE,
        (call, _request, response) => {
          if (call.message === undefined) return notRead(call, response);
          const attachments = call.json ? attachmentsOfJson(call.body) : [];
          response.status(201).json(described(drafts.add(call.mailbox, call.message, attachments)));
        },
        readMessage,
      ),
    );
    app.get(
      `${base}/messages/:id`,
      gate(WRITE, (call, request, response) => {
        const draft = draftOf(call, request);
        if (draft === undefined) missing(response);
        else response.json(described(draft));
      }),
    );
    app.delete(
      `${base}/messages/:id`,
      gate(WRITE, (call, request, response) => {
        const draft = draftOf(call, request);
        if (draft === undefined) return missing(response);
        drafts.remove(draft);
        response.status(204).end();
      }),
    );
    app.post(
      `${base}/messages/:id/send`,
      gate(
        SEND,
        (call, request, response) => {
          const draft = draftOf(call, request);
          if (draft === undefined) return missing(response);
          if (send(call, draft.message, draft.attachments, response)) drafts.remove(draft);
        },
        (call, request) => draftOf(call, request)?.message,
      ),
    );
    app.post(
      `${base}/messages/:id/attachments`,
      gate(WRITE, (call, request, response) => {
        const draft = draftOf(call, request);
        if (draft === undefined) return missing(response);
        const attachment = attachmentOf(jsonOf(call.body));
        if (attachment === undefined)
          return fail(response, 400, 'RequestBodyRead', 'The request body is not an attachment.');
        draft.attachments.push(attachment);
        response.status(201).json({ name: attachment.name, size: attachment.content.length });
      }),
    );
    app.post(
      `${base}/messages/:id/attachments/createUploadSession`,
      gate(WRITE, (call, request, response) => {
        const draft = draftOf(call, request);
        if (draft === undefined) return missing(response);
        const value = jsonOf(call.body);
        const item = isRecord(value) ? (value['AttachmentItem'] ?? value['attachmentItem']) : undefined;
        if (!isRecord(item) || typeof item['size'] !== 'number') {
          return fail(response, 400, 'RequestBodyRead', 'AttachmentItem is missing, or has no size.');
        }
        const upload = drafts.startUpload(draft, {
          name: textOr(item['name'], 'attachment'),
          contentType: textOr(item['contentType'], 'application/octet-stream'),
          size: item['size'],
        });
        response.status(201).json({
          uploadUrl: `${context.origin()}/api/upload/${upload.id}`,
          nextExpectedRanges: ['0-'],
          expirationDateTime: new Date(clock.now() + 3_600_000).toISOString(),
        });
      }),
    );
  }
  graphUploads(app, context, drafts);

  const tooLarge: ErrorRequestHandler = (error: unknown, _request, response: Response, next) => {
    if (!isRecord(error) || error['type'] !== 'entity.too.large') return next(error);
    fail(response, 413, 'RequestEntityTooLarge', 'The request entity is too large.');
  };
  app.use('/v1.0', tooLarge);
}

function readMessage(call: GraphCall): Buffer | undefined {
  return call.json ? messageOfJson(call.body, call.mailbox) : mimeOf(call.body);
}

function described({ id, message, attachments }: Draft) {
  const { recipients } = messageParts(message);
  return {
    id,
    isDraft: true,
    hasAttachments: attachments.length > 0,
    toRecipients: recipients.map((address) => ({ emailAddress: { address } })),
  };
}
