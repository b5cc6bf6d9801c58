/* The fields of message/delivery-status about one recipient (RFC 3464 section 2.3). ASCII only, injection-safe. */
import { formatDate } from './date.ts';
import type { DeliveryReport, ReportedRecipient, ReportKind } from './delivery-report.ts';
import { createField } from './headers.ts';

const CLASSES: Readonly<Record<ReportKind, string>> = { failed: '5', delayed: '4', relayed: '2' };

/** The fields with their line ends; with `full` false only those that are obligatory. */
export function recipientFields(report: DeliveryReport, recipient: ReportedRecipient, full: boolean): string {
  const obligatory = [
    createField('Final-Recipient', typedAddress(recipient.address)),
    createField('Action', report.kind),
    createField('Status', statusOf(report.kind, recipient)),
  ];
  if (!full) return obligatory.map((field) => field.raw).join('');
  const original = originalRecipient(recipient.originalRecipient);
  const { reply, remote, lastAttempt } = recipient;
  const fields = [
    ...(original === undefined ? [] : [createField('Original-Recipient', original)]),
    ...obligatory,
    ...(remote === undefined ? [] : [createField('Remote-MTA', `dns; ${remote}`)]),
    ...(reply === undefined
      ? []
      : [createField('Diagnostic-Code', `${recipient.protocol}; ${ascii(replyText(reply))}`)]),
    ...(lastAttempt === undefined ? [] : [createField('Last-Attempt-Date', formatDate(lastAttempt))]),
    createField('Final-Log-ID', report.id),
    ...(report.kind === 'delayed' && report.expiresAt !== undefined
      ? [createField('Will-Retry-Until', formatDate(report.expiresAt))]
      : []),
  ];
  return fields.map((field) => field.raw).join('');
}

/** The reply as one line: code, enhanced code, text; the enhanced code once only. */
export function replyText(reply: NonNullable<ReportedRecipient['reply']>): string {
  const enhanced =
    reply.enhanced === undefined || reply.text.startsWith(reply.enhanced) ? '' : `${reply.enhanced} `;
  return `${reply.code > 0 ? `${reply.code} ` : ''}${enhanced}${reply.text}`.trim();
}

/** The enhanced code (RFC 3463), of the class that the action has. */
export function statusOf(kind: ReportKind, recipient: Pick<ReportedRecipient, 'reply' | 'reason'>): string {
  const code = CLASSES[kind];
  if (recipient.reason === 'expired') return `${code}.4.7`;
  const said = recipient.reply?.enhanced ?? '';
  if (said.startsWith(`${code}.`) && /^[245]\.\d{1,3}\.\d{1,3}$/.test(said)) return said;
  return kind === 'delayed' && recipient.reply === undefined ? '4.4.7' : `${code}.0.0`;
}

/** Decodes xtext (RFC 3461 section 4); undefined where it is none, or holds more than printable ASCII. */
export function xtextValue(text: string): string | undefined {
  const value = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /^[\x20-\x7e]{1,500}$/.test(value) ? value : undefined;
}

/** `rfc822; address`, or `utf-8; address` with what is not ASCII as `\x{…}` (RFC 6533 section 3). */
function typedAddress(address: string): string {
  if (/^[\x20-\x7e]*$/.test(address)) return `rfc822; ${address}`;
  const escaped = address.replace(/[^\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e]/gu, (character) => {
    return `\\x{${(character.codePointAt(0) ?? 0xfffd).toString(16).toUpperCase()}}`;
  });
  return `utf-8; ${escaped}`;
}

function originalRecipient(typed: string | undefined): string | undefined {
  const [, type, address] = /^([A-Za-z0-9-]{1,40});(.+)$/s.exec(typed ?? '') ?? [];
  if (type === undefined || address === undefined) return undefined;
  if (type.toLowerCase() !== 'rfc822' && /[^\x21-\x7e]/.test(address)) return typedAddress(address);
  const value = type.toLowerCase() === 'utf-8' ? address : xtextValue(address);
  return value === undefined ? undefined : `${type}; ${value}`;
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, '?').slice(0, 1000);
}
