/* The words of a report, for the owner of a device: which message, to whom, what the server said, what to do. */
import { displayAddress } from './address.ts';
import { formatDate } from './date.ts';
import type { DeliveryReport, ReportedRecipient, ReportKind } from './delivery-report.ts';
import { replyText } from './delivery-status-fields.ts';
import { oneLine } from './headers.ts';

const WIDTH = 76;
/** Characters of text about recipients; the others are only counted. */
const MAX_TEXT = 20_000;

const SUBJECTS: Readonly<Record<ReportKind, string>> = {
  failed: 'Not delivered',
  delayed: 'Delayed',
  relayed: 'Handed on',
};

const OPENINGS: Readonly<Record<ReportKind, string>> = {
  failed: 'Your message could not be delivered to the addresses below, and is not tried again for them.',
  delayed: 'Your message could not be delivered yet. It goes on being tried; you need not send it again.',
  relayed: 'Your message was handed on to the next mail server, which sends no reports of delivery itself.',
};

/** What the reader can do, by the reason of the refusal. */
const ADVICE: Readonly<Record<string, string>> = {
  recipient: 'Check the address for mistakes, correct it and send the message again.',
  content:
    'The message is too large or of a kind that is not accepted. Send it smaller (for a scanner: a lower resolution) or in another format.',
  expired:
    'Send the message again later, or ask the administrator of the relay why the server does not take it.',
};
const OTHER_ADVICE = 'Show this report to the administrator of the relay.';

export function reportSubject(report: DeliveryReport): string {
  const subject = oneLine(report.subject);
  return `${SUBJECTS[report.kind]}: ${subject === '' ? '(no subject)' : subject.slice(0, 150).toWellFormed()}`;
}

/** CRLF line ends; lines of at most 76 characters but for words that are longer. */
export function reportText(report: DeliveryReport): string {
  const lines = [
    ...wrap(OPENINGS[report.kind]),
    '',
    ...field('Subject', report.subject === '' ? '(none)' : report.subject),
    ...field('Accepted', formatDate(report.acceptedAt)),
    ...field('Sender', displayAddress(report.to)),
    ...field('Number', report.id),
    '',
  ];
  let size = 0;
  let listed = 0;
  for (const recipient of report.recipients) {
    const about = recipientLines(report, recipient);
    size += about.reduce((sum, line) => sum + line.length + 2, 0);
    if (size > MAX_TEXT && listed > 0) break;
    lines.push(...about, '');
    listed += 1;
  }
  const others = report.recipients.length - listed;
  if (others > 0)
    lines.push(...wrap(`So it is for ${others} more recipients; see the second part of this report.`), '');
  if (report.kind === 'delayed' && report.expiresAt !== undefined) {
    lines.push(
      ...wrap(
        `It is tried until ${formatDate(report.expiresAt)}. If it still cannot be delivered then, you get another report.`,
      ),
      '',
    );
  }
  lines.push('-- ', ...wrap(`Postern on ${report.hostname}. The header of your message is attached.`), '');
  return lines.join('\r\n');
}

function recipientLines(report: DeliveryReport, recipient: ReportedRecipient): string[] {
  const lines = [`<${oneLine(displayAddress(recipient.address))}>`];
  const said = recipient.reply === undefined ? '' : oneLine(replyText(recipient.reply)).slice(0, 1000);
  const who = recipient.remote === undefined ? 'The server' : `The server ${recipient.remote}`;
  if (recipient.reason === 'expired') {
    lines.push(...wrap('It was tried for as long as the settings of the relay allow.', '  '));
  }
  if (report.kind === 'failed') {
    lines.push(...wrap(`What to do: ${adviceFor(report, recipient)}`, '  '));
  }
  if (said !== '') lines.push(...wrap(`${who} said:`, '  '), ...wrap(said, '    '));
  return lines;
}

function adviceFor({ to }: DeliveryReport, { reason, allowedSender }: ReportedRecipient): string {
  if (reason !== 'sender') return (reason === undefined ? undefined : ADVICE[reason]) ?? OTHER_ADVICE;
  const allowed = allowedSender === undefined ? undefined : oneLine(displayAddress(allowedSender));
  const own = oneLine(displayAddress(to));
  const set =
    allowed === undefined || allowed === own ? 'an address that is allowed' : `${allowed}, which is allowed,`;
  return (
    `The mail account behind this relay may not send with your sender address, ${own}. ` +
    `On the device, set the sender ("From") address to ${set} and send the message again; or show this report ` +
    'to the administrator of the relay, who can allow your address or let the relay replace it.'
  );
}

function field(name: string, value: string): string[] {
  return wrap(`${`${name}:`.padEnd(10)}${oneLine(value)}`, '  ', ' '.repeat(12));
}

/** Breaks at spaces. */
function wrap(text: string, indent = '', hanging = indent): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = hanging;
    }
    line += `${word} `;
  }
  lines.push(line.trimEnd());
  return lines;
}
