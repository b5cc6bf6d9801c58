/*
 * Stands in front of Graph: who calls, for which mailbox, with which rights, within which limits; and what is to go wrong.
 */
import type { Request, Response } from 'express';
import { type Claims, textClaim } from '../json-web-token.ts';
import { messageParts } from '../message-parts.ts';
import type { ProviderContext } from '../serve-provider.ts';
import type { Usage } from '../usage.ts';
import { bytesOf, pathPart, playOverHttp } from '../web.ts';
import { failGraph } from './graph-error.ts';
import { audienceIs } from './resources.ts';

const CONCURRENT = 4;
const REQUESTS_IN_TEN_MINUTES = 10_000;
const BYTES_IN_FIVE_MINUTES = 150 * 1024 * 1024;

/** A request that was let in. */
export interface GraphCall {
  readonly mailbox: string;
  /** What the body holds; empty where there is none. */
  readonly body: Buffer;
  readonly json: boolean;
  /** The message that it is about, where that is known before. */
  readonly message?: Buffer;
}

/** Answers, or throws; `lost`: the answer does not reach the client. */
export type GraphHandler = (call: GraphCall, request: Request, response: Response) => void;

/** Makes an Express handler. `permission`: any of these; `message`: reads the message that a request is about. */
export function createGraphGate(context: ProviderContext, usage: Usage) {
  const { world, tokens } = context;
  const { clock, behaviours, mailboxes, outbox, limits } = world;

  function throttled(response: Response, seconds: number, message: string): void {
    outbox.counters.throttled += 1;
    failGraph(response, clock, 429, 'ApplicationThrottled', message, seconds);
  }

  /** The mailbox of the path, if the token opens it; undefined when the refusal was sent. */
  function mailboxOf(claims: Claims, request: Request, response: Response): string | undefined {
    const own = textClaim(claims, 'upn');
    const asked = pathPart(request, 'user');
    if (asked === '') {
      if (own !== '') return own;
      failGraph(
        response,
        clock,
        400,
        'BadRequest',
        '/me request is only valid with delegated authentication flow.',
      );
      return undefined;
    }
    const mailbox = mailboxes.find(asked);
    if (mailbox === undefined) {
      failGraph(
        response,
        clock,
        404,
        'ErrorInvalidUser',
        `The requested user '${asked.slice(0, 100)}' is invalid.`,
      );
      return undefined;
    }
    if (own === '' ? mailbox.granted : mailboxes.maySendAs(own, mailbox.email)) return mailbox.email;
    failGraph(
      response,
      clock,
      403,
      'ErrorAccessDenied',
      'Access is denied. Check credentials and try again.',
    );
    return undefined;
  }

  function claimsOf(
    request: Request,
    response: Response,
    permissions: readonly string[],
  ): Claims | undefined {
    const token = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const claims = token === undefined ? undefined : tokens.check(token);
    if (typeof claims !== 'object' || !audienceIs(textClaim(claims, 'aud'), 'graph', context.origin())) {
      const message =
        claims === undefined
          ? 'Access token is empty.'
          : claims === 'expired'
            ? 'Lifetime validation failed, the token is expired.'
            : 'Access token validation failure. Invalid audience.';
      failGraph(response, clock, 401, 'InvalidAuthenticationToken', message);
      return undefined;
    }
    const { roles, scp } = claims;
    const held: readonly unknown[] =
      typeof scp === 'string' ? scp.split(' ') : Array.isArray(roles) ? roles : [];
    if (permissions.some((permission) => held.includes(permission))) return claims;
    failGraph(
      response,
      clock,
      403,
      'ErrorAccessDenied',
      'Access is denied. Check credentials and try again.',
    );
    return undefined;
  }

  return (
    permissions: readonly string[],
    handler: GraphHandler,
    about?: (call: GraphCall, request: Request) => Buffer | undefined,
  ) =>
    async (request: Request, response: Response): Promise<void> => {
      const claims = claimsOf(request, response, permissions);
      if (claims === undefined) return;
      const mailbox = mailboxOf(claims, request, response);
      if (mailbox === undefined) return;
      const used = usage(mailbox);
      const body = bytesOf(request);
      if (limits) {
        if (used.requests >= CONCURRENT) {
          return throttled(response, 1, 'Application is over its MailboxConcurrency limit.');
        }
        const wait = Math.max(
          used.requestsInTenMinutes.roomIn(1, REQUESTS_IN_TEN_MINUTES),
          used.bytesInFiveMinutes.roomIn(body.length, BYTES_IN_FIVE_MINUTES),
        );
        if (wait > 0) {
          return throttled(
            response,
            Math.ceil(wait / 1000),
            'Application is over its request limit for this mailbox.',
          );
        }
        used.requestsInTenMinutes.add(1);
        used.bytesInFiveMinutes.add(body.length);
      }
      used.requests += 1;
      try {
        const call: GraphCall = { mailbox, body, json: request.is('application/json') !== false };
        const message = about?.(call, request);
        const parts = messageParts(message ?? Buffer.alloc(0));
        const played = behaviours.take('api', {
          senders: [mailbox, ...parts.from],
          recipients: parts.recipients,
        });
        if (played?.kind === 'lost' && played.taken) {
          response.json = () => response;
          response.end = () => response;
          handler({ ...call, ...(message === undefined ? {} : { message }) }, request, response);
          request.socket.destroy();
          return;
        }
        if (played?.kind === 'http' && played.status === 429) outbox.counters.throttled += 1;
        if (played !== undefined && (await playOverHttp(played, world, request, response, mailbox))) return;
        handler({ ...call, ...(message === undefined ? {} : { message }) }, request, response);
      } finally {
        used.requests -= 1;
      }
    };
}
