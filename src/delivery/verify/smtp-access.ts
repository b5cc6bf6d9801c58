import type { SmtpUpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Reply } from '../outcome.ts';
import type { NoConnection, SmtpAccess } from '../transports/smtp/open-connection.ts';
import { replyText } from '../transports/smtp/parse-reply.ts';
import { createUpstreamTls } from '../transports/smtp/tls-options.ts';
import { VERIFY_AGAIN, type Verification } from './verification.ts';

/** Longest waits of a verification, ms; an upstream's own are kept where they are shorter. */
const PATIENCE = { connect: 10_000, command: 15_000, data: 60_000 } as const;

/** The upstream with waits that fit into a verification. */
export function hasty<T extends { readonly timeout: Partial<SmtpUpstreamSettings['timeout']> }>(
  upstream: T,
): T {
  const { timeout } = upstream;
  return {
    ...upstream,
    timeout: {
      ...timeout,
      ...(timeout.connect === undefined ? {} : { connect: Math.min(timeout.connect, PATIENCE.connect) }),
      ...(timeout.command === undefined ? {} : { command: Math.min(timeout.command, PATIENCE.command) }),
      ...(timeout.data === undefined ? {} : { data: Math.min(timeout.data, PATIENCE.data) }),
    },
  };
}

/** The way to the server that deliveries take. */
export function smtpAccess(run: Verification, upstream: SmtpUpstreamSettings): SmtpAccess {
  return {
    upstream: hasty(upstream),
    reveal: run.reveal,
    tokens: run.tokens,
    hostname: run.hostname,
    tls: createUpstreamTls(upstream, run.trustAnchors),
    dial: run.dial,
    clock: run.clock,
  };
}

/** Why there is no connection, in the words of the dictionary; the server's own words apart. */
export function problemOf(failure: NoConnection): { text: string; remedy?: string; reply?: Reply } {
  if (failure.kind === 'crowded') {
    const { reply, verdict } = failure;
    return {
      text: 'The server has too many connections of this account just now.',
      remedy:
        verdict.remedy ??
        'Wait a moment and verify again; lower limits.connections of the upstream where it happens often.',
      reply,
    };
  }
  const { text, reply } = failure;
  const passes = reply !== undefined && reply.code >= 400 && reply.code < 500;
  const remedy = failure.remedy ?? (passes ? VERIFY_AGAIN : undefined);
  return {
    text: reply === undefined ? text : withoutWords(text, reply),
    ...(remedy === undefined ? {} : { remedy }),
    ...(reply === undefined ? {} : { reply }),
  };
}

/** The server's words stand beside the cause already, and the claims at the step of the token. */
function withoutWords(text: string, reply: Reply): string {
  return text.replace(` It said: ${replyText(reply)}`, '').replace(/ The token: [^]*$/, '');
}
