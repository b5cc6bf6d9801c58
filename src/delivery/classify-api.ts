import { verifyCommand } from '../shared/own-commands.ts';
import type { RecipientVerdict, UpstreamVerdict } from './classify.ts';
import { gmailRules, graphRules } from './classify-api-rules.ts';

/** What an API answered instead of taking the message. Texts are bounded and clean. */
export interface ApiRefusal {
  readonly status: number;
  /** Names of the error, the most telling first: Graph's `error.code`, Google's reasons. */
  readonly codes: readonly string[];
  readonly message: string;
  /** Milliseconds, from Retry-After or from the message. */
  readonly retryAfter?: number;
}

/** What the words of a verdict are made from, and what changes it. */
export interface ApiContext {
  readonly api: 'graph' | 'gmail';
  readonly upstream: string;
  readonly host: string;
  /** The mailbox that was to send. */
  readonly mailbox: string;
  /** It is the sender's own (perSender), so its refusal concerns this sender alone. */
  readonly ownMailbox: boolean;
  /** Signed in for a person, not as an application. */
  readonly delegated: boolean;
  readonly clientId: string;
  /** The request that hands the message over; behind it a time-out leaves in doubt whether the message went. */
  readonly final: boolean;
  /** Bytes of the message. */
  readonly size: number;
}

export interface ApiVerdict {
  readonly verdict: UpstreamVerdict | RecipientVerdict;
  /** Enhanced status code for the reply (RFC 3463): APIs have none of their own. */
  readonly enhanced?: string;
  /** A fault of the server's that passes: so many more tries at once come before the verdict. */
  readonly tries?: number;
}

/** A row of the table: all conditions that are given have to match; the first row that matches wins. */
export interface ApiRule {
  readonly statuses?: readonly number[];
  /** One of the answer's codes, without regard to case. */
  readonly codes?: readonly string[];
  /** Searched in the message. */
  readonly text?: RegExp;
  /** Only where the mailbox is the sender's own. */
  readonly ownMailbox?: true;
  readonly verdict: (context: ApiContext, refusal: ApiRefusal) => ApiVerdict;
}

/** What an API's refusal means and what to do about it. Total: every status gets a verdict. */
export function classifyApi(refusal: ApiRefusal, context: ApiContext): ApiVerdict {
  const rules = context.api === 'graph' ? graphRules : gmailRules;
  const rule = rules.find((candidate) => matches(candidate, refusal, context));
  return rule?.verdict(context, refusal) ?? byStatus(refusal, context);
}

function matches(rule: ApiRule, refusal: ApiRefusal, context: ApiContext): boolean {
  if (rule.ownMailbox && !context.ownMailbox) return false;
  if (rule.statuses && !rule.statuses.includes(refusal.status)) return false;
  if (rule.codes) {
    const known = rule.codes.map((code) => code.toLowerCase());
    if (!refusal.codes.some((code) => known.includes(code.toLowerCase()))) return false;
  }
  return rule.text === undefined || rule.text.test(refusal.message);
}

/** These say that the address or the rights are wrong, whatever was asked. */
const WRONG_PLACE = new Set([300, 301, 302, 303, 307, 308, 403, 404, 405, 407, 410, 421, 451, 501, 505]);
/** These pass. */
const PASSING = new Set([408, 409, 412, 423, 425]);

function byStatus(refusal: ApiRefusal, context: ApiContext): ApiVerdict {
  const { status } = refusal;
  const { host, upstream } = context;
  if (WRONG_PLACE.has(status)) {
    return {
      verdict: {
        kind: 'unavailable',
        reason: 'configuration',
        text: `${host} does not do what Postern asks of it for ${context.mailbox}.`,
        remedy: `Check endpoint, cloud and permissions of the upstream ${upstream}: ${verifyCommand(upstream)}`,
        ...waitOf(refusal),
      },
    };
  }
  if (status >= 400 && status < 500 && !PASSING.has(status)) {
    return { verdict: { kind: 'rejected', reason: 'other' }, enhanced: '5.0.0' };
  }
  // An answer that the API does not define for a request that it may have carried out.
  const doubtful = context.final && (status < 300 || status === 502 || status === 504);
  return {
    verdict: { kind: 'deferred', reason: doubtful ? 'in-doubt' : 'busy', ...waitOf(refusal) },
    enhanced: doubtful ? '4.4.2' : '4.3.0',
  };
}

function waitOf(refusal: ApiRefusal): { readonly retryAfter?: number } {
  return refusal.retryAfter === undefined ? {} : { retryAfter: refusal.retryAfter };
}
