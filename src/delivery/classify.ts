import type { TokenClaims } from '../oauth/token-claims.ts';
import { classificationRules } from './classify-rules.ts';
import type { DeferReason, RejectReason, Reply, UnavailableReason } from './outcome.ts';
import { tokenRemedy } from './token-remedy.ts';

/** Where in the conversation a reply came. `final` is the reply to the end of the message. */
export type Stage = 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'final';

/** What the words of a remedy are made from. */
export interface ClassificationContext {
  readonly upstream: string;
  readonly host: string;
  /** The name that Postern signs in with. */
  readonly user?: string;
  /** Set where Postern signs in with a token. */
  readonly oauth?: OAuthFacts;
}

export interface OAuthFacts {
  readonly provider: 'microsoft' | 'google' | 'generic';
  readonly flow: 'authorization-code' | 'device-code' | 'client-credentials' | 'service-account';
  readonly clientId?: string;
  readonly tenantId?: string;
  readonly mailbox?: string;
  /** Of the token that was refused. */
  readonly claims?: TokenClaims;
}

/** A fact about the upstream: opens its circuit. */
export interface UpstreamVerdict {
  readonly kind: 'unavailable';
  readonly reason: UnavailableReason;
  readonly text: string;
  readonly remedy?: string;
  /** Milliseconds. */
  readonly retryAfter?: number;
  /** The refusal is about something else than password or token: another one would fare no better. */
  readonly credentialsFine?: true;
}

/** A fact about this message or recipient. */
export type RecipientVerdict =
  | {
      readonly kind: 'deferred';
      readonly reason: DeferReason;
      readonly retryAfter?: number;
      readonly remedy?: string;
      /** Looks transient and is not: after so many in a row it is this instead. */
      readonly patience?: { readonly tries: number; readonly verdict: UpstreamVerdict };
    }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly remedy?: string };

export type Verdict = UpstreamVerdict | RecipientVerdict;

/** A row of the table: all conditions that are given have to match; the first row that matches wins. */
export interface ClassificationRule {
  readonly stages?: readonly Stage[];
  readonly codes?: readonly number[];
  readonly enhanced?: readonly string[];
  /** Searched in the text of the reply. */
  readonly text?: RegExp;
  /** Searched in the name that Postern signs in with. */
  readonly user?: RegExp;
  readonly verdict: (context: ClassificationContext) => Verdict;
}

/**
 * What a refusal means and what to do about it. Total: every reply at every stage gets a verdict. A reply to AUTH is always
 * about the upstream, never about a message.
 */
export function classifyReply(stage: Stage, reply: Reply, context: ClassificationContext): Verdict {
  const rule = classificationRules.find((candidate) => matches(candidate, stage, reply, context));
  const verdict = rule?.verdict(context);
  if (stage === 'auth' && verdict?.kind !== 'unavailable' && !isCrowded(verdict)) {
    return byStage(stage, reply, context);
  }
  return verdict ?? byStage(stage, reply, context);
}

function matches(
  rule: ClassificationRule,
  stage: Stage,
  reply: Reply,
  context: ClassificationContext,
): boolean {
  if (rule.stages && !rule.stages.includes(stage)) return false;
  if (rule.codes && !rule.codes.includes(reply.code)) return false;
  if (rule.enhanced && !rule.enhanced.includes(reply.enhanced ?? '')) return false;
  if (rule.user && !rule.user.test(context.user ?? '')) return false;
  return rule.text === undefined || rule.text.test(reply.text);
}

/** Too many connections: no word about the password, even in answer to AUTH. */
function isCrowded(verdict: Verdict | undefined): boolean {
  return verdict?.kind === 'deferred' && verdict.reason === 'connections';
}

function signInRefused(context: ClassificationContext): UpstreamVerdict {
  const user = context.user === undefined ? '' : ` as ${context.user}`;
  return {
    kind: 'unavailable',
    reason: 'authentication',
    text: `${context.host} did not let Postern sign in${user}.`,
    remedy: context.oauth
      ? tokenRemedy(context)
      : `Check user name and password of the upstream ${context.upstream}; a changed password is picked up by itself.`,
  };
}

function byStage(stage: Stage, reply: Reply, context: ClassificationContext): Verdict {
  switch (stage) {
    case 'greeting':
    case 'ehlo':
    case 'starttls':
      return beforeMail(stage, reply, context);
    case 'auth':
      // RFC 5321 section 3.8: the server is going away; unless it says that it does so because of the password.
      if (reply.code === 421 && !/auth|log.?in|credential|password/i.test(reply.text)) {
        return { kind: 'unavailable', reason: 'unreachable', text: `${context.host} closed the connection.` };
      }
      return signInRefused(context);
    case 'mail':
    case 'rcpt':
    case 'data':
    case 'final':
      // 421: the connection ends. 503: the session was out of step. Neither is about the message. A positive or
      // intermediate reply where none belongs is no refusal either.
      if (reply.code < 500 || reply.code >= 600 || reply.code === 503)
        return { kind: 'deferred', reason: 'busy' };
      return { kind: 'rejected', reason: rejectReason(stage, reply) };
  }
}

const STEP_NAMES = { greeting: 'the connection', ehlo: 'EHLO', starttls: 'STARTTLS' } as const;

function beforeMail(
  stage: 'greeting' | 'ehlo' | 'starttls',
  reply: Reply,
  context: ClassificationContext,
): Verdict {
  const text = `${context.host} refused ${STEP_NAMES[stage]}.`;
  if (reply.code < 500) return { kind: 'unavailable', reason: 'unreachable', text };
  const remedies = {
    greeting: `Ask the operator of ${context.host} whether this machine’s address may connect.`,
    ehlo: 'Check the setting hostname: some servers take fully qualified names only.',
    starttls: `Set security of the upstream ${context.upstream} to tls (usually port 465), or to none where the network is trusted.`,
  };
  return { kind: 'unavailable', reason: 'configuration', text, remedy: remedies[stage] };
}

function rejectReason(stage: 'mail' | 'rcpt' | 'data' | 'final', reply: Reply): RejectReason {
  if (isOversize(reply)) return 'content';
  switch (stage) {
    case 'mail':
      return isSyntax(reply.code) ? 'other' : 'sender';
    case 'rcpt':
      return isSyntax(reply.code) ? 'other' : 'recipient';
    case 'data':
      return 'other';
    case 'final':
      return /^5\.[67]\./.test(reply.enhanced ?? '') ? 'content' : 'other';
  }
}

/** The command was not understood: says nothing about the address in it. */
function isSyntax(code: number): boolean {
  return (code >= 500 && code <= 504) || code === 555;
}

/** The message is larger than the other side takes; another upstream may take it (RFC 1870 section 6). */
export function isOversize(reply: Reply): boolean {
  if (reply.enhanced === '5.3.4' || reply.enhanced === '5.2.3') return true;
  return (
    (reply.code === 552 || reply.code === 413) &&
    /size|large|big|exceed/i.test(reply.text) &&
    !/quota|full/i.test(reply.text)
  );
}
