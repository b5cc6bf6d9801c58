import { type ClassificationContext, classifyReply, type Verdict } from '../../classify.ts';
import type { RecipientOutcome, Reply, Unavailable } from '../../outcome.ts';
import { replyText } from './parse-reply.ts';
import { isPositive, type Transcript } from './transaction.ts';

/** What a transaction comes to. */
export interface Conclusion {
  /** One for each recipient; undefined for those that the server wants in a transaction of their own. */
  readonly recipients: readonly (RecipientOutcome | undefined)[];
  /** Set when the reply was about the upstream and nobody got the message. */
  readonly unavailable?: Unavailable;
  /** A refusal that has to be counted: it looks passing, and is not when it comes again and again. */
  readonly suspect?: Unavailable & { readonly tries: number };
}

/** Reads a transcript. Pure and total. */
export function conclude(transcript: Transcript, context: ClassificationContext): Conclusion {
  const verdicts: Verdict[] = [];
  const judge = (stage: 'mail' | 'rcpt' | 'data' | 'final', reply: Reply): RecipientOutcome => {
    const verdict = classifyReply(stage, reply, context);
    verdicts.push(verdict);
    return outcomeOf(verdict, reply);
  };
  let shared: RecipientOutcome | undefined;
  const anyAccepted = transcript.recipients.some(isPositive);
  const recipients = transcript.recipients.map((reply) => {
    if (
      reply === undefined ||
      isPositive(reply) ||
      transcript.mail === undefined ||
      !isPositive(transcript.mail)
    ) {
      shared ??= sharedOutcome(transcript, context, judge);
      return shared;
    }
    if (anyAccepted && isTooMany(reply)) return undefined;
    return judge('rcpt', reply);
  });
  const delivered = recipients.some((outcome) => outcome?.kind === 'delivered');
  const about = delivered ? undefined : verdicts.find((verdict) => verdict.kind === 'unavailable');
  const patience = verdicts.find((verdict) => verdict.kind === 'deferred' && verdict.patience !== undefined);
  return {
    recipients,
    ...(about ? { unavailable: unavailableOf(about, verdictReply(transcript)) } : {}),
    ...(patience?.kind === 'deferred' && patience.patience
      ? {
          suspect: {
            ...unavailableOf(patience.patience.verdict, verdictReply(transcript)),
            tries: patience.patience.tries,
          },
        }
      : {}),
  };
}

/** RFC 5321 section 4.5.3.1.10: what is left goes into another transaction. */
function isTooMany(reply: Reply): boolean {
  return (
    (reply.code === 452 || reply.code === 552) &&
    (reply.enhanced === '4.5.3' || /too many recipients/i.test(reply.text))
  );
}

/** What the recipients that the server took, or was not asked about, have in common. */
function sharedOutcome(
  transcript: Transcript,
  context: ClassificationContext,
  judge: (stage: 'mail' | 'data' | 'final', reply: Reply) => RecipientOutcome,
): RecipientOutcome {
  const { mail, data, final, lost } = transcript;
  if (final && transcript.ended && isPositive(final)) return { kind: 'delivered', reply: final };
  if (final && final.code >= 400) return judge('final', final);
  if (transcript.ended) {
    // RFC 5321 section 4.5.4.1: no reply that can be read, so it may have been taken.
    const how = final ? `answered ${replyText(final)}` : (lost?.text ?? 'closed the connection');
    return {
      kind: 'deferred',
      reason: 'in-doubt',
      reply: { code: 451, enhanced: '4.4.2', text: `${context.host} ${how} after the end of the message` },
    };
  }
  if (mail && !isPositive(mail)) return judge('mail', mail);
  if (data && data.code >= 400) return judge('data', data);
  return {
    kind: 'deferred',
    reason: 'busy',
    reply: {
      code: 451,
      enhanced: '4.4.2',
      text: `${context.host} ${lost?.text ?? 'did not take the message'}`,
    },
  };
}

function outcomeOf(verdict: Verdict, reply: Reply): RecipientOutcome {
  if (verdict.kind === 'unavailable') {
    // Said about one recipient while others got the message: this one waits.
    return {
      kind: 'deferred',
      reply,
      reason: verdict.reason === 'quota' ? 'quota' : 'busy',
      ...(verdict.retryAfter === undefined ? {} : { retryAfter: verdict.retryAfter }),
      ...(verdict.remedy === undefined ? {} : { remedy: verdict.remedy }),
    };
  }
  const remedy = verdict.remedy === undefined ? {} : { remedy: verdict.remedy };
  if (verdict.kind === 'rejected') return { kind: 'rejected', reply, reason: verdict.reason, ...remedy };
  return {
    kind: 'deferred',
    reply,
    reason: verdict.reason,
    ...(verdict.retryAfter === undefined ? {} : { retryAfter: verdict.retryAfter }),
    ...remedy,
  };
}

function unavailableOf(
  verdict: Verdict & { readonly kind: 'unavailable' },
  reply: Reply | undefined,
): Unavailable {
  if (!reply) return verdict;
  return { ...verdict, text: `${verdict.text} It said: ${replyText(reply)}`, reply };
}

/** The refusal that decided. */
function verdictReply(transcript: Transcript): Reply | undefined {
  const { mail, recipients, data, final } = transcript;
  if (mail && !isPositive(mail)) return mail;
  return final ?? recipients.find((reply) => reply !== undefined && !isPositive(reply)) ?? data;
}
