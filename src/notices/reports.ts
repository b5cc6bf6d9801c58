/*
 * Tells senders what became of their mail (RFC 3461, RFC 3464), through the queue's own Reporter. Decides whether a report
 * is due; message/delivery-status.ts writes it. Reports have the null sender, so that none is ever answered by another
 * one. A report or notice of Postern's own is never reported on.
 */

import { ownSender } from '../delivery/own-sender.ts';
import { upstreamSender } from '../delivery/sender-policy.ts';
import { needsSmtpUtf8, parseAddress } from '../message/address.ts';
import type { DeliveryReport, ReportedRecipient, ReportKind } from '../message/delivery-report.ts';
import { writeDeliveryReport } from '../message/delivery-status.ts';
import { reportSubject } from '../message/delivery-status-text.ts';
import { domainOf, type NotifyCondition } from '../message/envelope.ts';
import { headerText, parseHeader } from '../message/headers.ts';
import type { MessageRecord, RecipientRecord } from '../queue/message.ts';
import type { Draft, Reporter } from '../queue/reports.ts';
import type { Settings } from '../settings/schema.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock } from '../shared/clock.ts';

export interface ReporterDependencies {
  readonly settings: Pick<SettingsSource, 'current'>;
  /** Name of this relay, asked for at every report. */
  readonly hostname: () => string;
  readonly clock: Pick<Clock, 'now'>;
}

/** Local parts behind which nobody reads a warning. */
const UNATTENDED = /^(?:mailer-daemon|postmaster|no-?reply|bounces?)(?:[+=-].*)?$/i;

export function createReporter(dependencies: ReporterDependencies): Reporter {
  const { settings, hostname, clock } = dependencies;
  let count = 0;

  function draft(
    kind: ReportKind,
    message: MessageRecord,
    recipients: readonly RecipientRecord[],
    header: Buffer,
    expiresAt?: number,
  ): Draft | undefined {
    const { sender } = message.envelope;
    const due = recipients.filter((recipient) => wants(kind, recipient.notify));
    if (message.kind !== 'mail' || due.length === 0 || !canBeTold(sender)) return undefined;
    if (kind === 'delayed' && isUnattended(sender, header)) return undefined;
    const now = clock.now();
    const name = hostname();
    const current = settings.current();
    count += 1;
    const report: DeliveryReport = {
      kind,
      hostname: name,
      from: ownSender(current) ?? `mailer-daemon@${name}`,
      to: sender,
      reportId: `${message.id}.${now.toString(36)}.${count.toString(36)}.report@${name}`,
      now,
      id: message.id,
      subject: message.subject,
      headerMessageId: message.headerMessageId,
      acceptedAt: message.acceptedAt,
      ...(message.envelope.envelopeId === undefined ? {} : { envelopeId: message.envelope.envelopeId }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      recipients: due.map((recipient) => reported(current, recipient)),
      header,
    };
    const utf8 = needsSmtpUtf8(sender);
    return {
      accepted: {
        kind: 'report',
        origin: { client: 'postern', listener: '', address: '', greeting: '' },
        envelope: { sender: '', recipients: [{ address: sender }], eightBit: utf8, smtpUtf8: utf8 },
        receiving: 0,
        content: { subject: reportSubject(report), headerMessageId: `<${report.reportId}>`, eightBit: utf8 },
      },
      body: writeDeliveryReport(report),
    };
  }

  return {
    failed: (message, recipients, header) => draft('failed', message, recipients, header),
    delayed: (message, recipients, header, expiresAt) =>
      draft('delayed', message, recipients, header, expiresAt),
    relayed: (message, recipients, header) => draft('relayed', message, recipients, header),
  };
}

/** Not the null sender, and not a device that calls itself `root` without a domain. */
function canBeTold(sender: string): boolean {
  const parts = parseAddress(sender, { odd: true });
  return parts !== undefined && parts.domain !== '';
}

/** RFC 3461 section 4.1: without NOTIFY failures and delays are told, successes are not. */
function wants(kind: ReportKind, notify: readonly NotifyCondition[] | undefined): boolean {
  if (notify === undefined || notify.length === 0) return kind !== 'relayed';
  if (notify.includes('NEVER')) return false;
  return notify.includes(kind === 'failed' ? 'FAILURE' : kind === 'delayed' ? 'DELAY' : 'SUCCESS');
}

/** Nobody waits for mail that a program sent, and a warning to a program may be answered by it (RFC 3834 section 2). */
function isUnattended(sender: string, header: Buffer): boolean {
  const parsed = parseHeader(header);
  const automatic =
    headerText(parsed, 'auto-submitted')
      .toLowerCase()
      .split(/[;\s(]/)[0] ?? '';
  if (automatic !== '' && automatic !== 'no') return true;
  if (/^(?:bulk|list|junk)\b/i.test(headerText(parsed, 'precedence'))) return true;
  return UNATTENDED.test(sender.slice(0, -domainOf(sender).length - 1));
}

function reported(settings: Settings, recipient: RecipientRecord): ReportedRecipient {
  const upstream = settings.upstreams.find(({ name }) => name === recipient.upstream);
  const allowedSender =
    upstream !== undefined && recipient.reason === 'sender' ? upstreamSender(upstream) : undefined;
  return {
    address: recipient.address,
    ...(recipient.originalRecipient === undefined ? {} : { originalRecipient: recipient.originalRecipient }),
    ...(recipient.reply === undefined ? {} : { reply: recipient.reply }),
    ...(recipient.reason === undefined ? {} : { reason: recipient.reason }),
    ...(upstream?.kind === 'smtp' ? { remote: upstream.host } : {}),
    ...(allowedSender === undefined ? {} : { allowedSender }),
    protocol:
      upstream === undefined || upstream.kind === 'smtp' || upstream.kind === 'test-relay'
        ? 'smtp'
        : 'x-http',
    ...(recipient.settledAt === undefined ? {} : { lastAttempt: recipient.settledAt }),
  };
}
