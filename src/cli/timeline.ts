/** The journal of a message as lines for people. Pure; texts are made safe by the table that shows them. */
import type { JournalEvent } from '../admin/contract.ts';
import { replyText, seconds } from '../observe/delivery-line.ts';
import { localTime } from './output.ts';

/** What happened, in one or several sentences. */
export function eventLines(event: JournalEvent): readonly string[] {
  switch (event.type) {
    case 'accepted':
      return [`accepted: ${event.reply}`];
    case 'attempt':
      return attemptLines(event);
    case 'waiting':
      return [
        `waiting for upstream ${event.upstream} (${event.reason}): ${event.text}`,
        ...(event.reply === undefined || event.text.includes(event.reply.text)
          ? []
          : [`  the server said: ${replyOf(event.reply)}`]),
        ...remedyLines(event.remedy),
      ];
    case 'fallback':
      return [`goes to ${event.to} in place of ${event.from}: ${event.reason}`];
    case 'held':
      return [`held by ${event.by}`];
    case 'retried':
      return [`tried again at the wish of ${event.by}`];
    case 'deleted':
      return [`deleted by ${event.by}`];
    case 'released':
      return [
        `released by ${event.by}${event.upstream === undefined ? '' : ` to upstream ${event.upstream}`}`,
      ];
    case 'copied':
      return [`copied by ${event.by} to ${event.to} (message ${event.copy}, a copy of ${event.of})`];
    case 'warned':
      return [`${event.to} was told of the delay (message ${event.report})`];
    case 'returned':
      return [`${event.to} was told that it was not delivered (message ${event.report})`];
    case 'report-withheld':
      return [`nobody was told: ${event.why}`];
    case 'taken-over':
      return [`taken over by node ${event.by} from node ${event.from}`];
  }
}

function attemptLines(event: Extract<JournalEvent, { type: 'attempt' }>): readonly string[] {
  const lines = [
    `attempt ${event.attempt} at ${event.upstream}, delays ${event.delays.map(seconds).join('/')} s`,
  ];
  for (const recipient of event.recipients) {
    const reason = recipient.reason === undefined ? '' : ` (${recipient.reason})`;
    lines.push(`  ${recipient.address} ${recipient.result}${reason}: ${replyOf(recipient.reply)}`);
    lines.push(...remedyLines(recipient.remedy));
  }
  if (event.rewrittenSender !== undefined) lines.push(`  sent as ${event.rewrittenSender}`);
  if (event.possibleDuplicate === true) lines.push('  possible duplicate: the final reply was lost');
  if (event.nextAttemptAt !== undefined) lines.push(`  next attempt at ${localTime(event.nextAttemptAt)}`);
  return lines;
}

function remedyLines(remedy: string | undefined): readonly string[] {
  return remedy === undefined ? [] : [`  what to do: ${remedy}`];
}

/** The contract's optional fields may be `undefined`; the reply of the domain has none. */
export function replyOf(reply: { code: number; enhanced?: string | undefined; text: string }): string {
  const { code, enhanced, text } = reply;
  return replyText({ code, text, ...(enhanced === undefined ? {} : { enhanced }) });
}
