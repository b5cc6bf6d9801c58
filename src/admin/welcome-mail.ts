/** The mail that greets a new user: where the page is and what they are called there; never a password. Pure. */
import { formatDate } from '../message/date.ts';
import { encodeWords } from '../message/encoded-words.ts';
import { encodeQuotedPrintable } from '../message/transfer-encoding.ts';
import type { Draft } from '../queue/reports.ts';
import { OWN_CLIENT } from './test-mail.ts';

export interface WelcomeMail {
  /** ASCII addresses without brackets. */
  readonly from: string;
  readonly to: string;
  /** Of the new user. */
  readonly name: string;
  readonly accessUrl: string;
  /** Name of this relay. */
  readonly hostname: string;
  /** ms since 1970. */
  readonly at: number;
  /** Makes the Message-ID unique. */
  readonly token: string;
}

export function createWelcomeMail(mail: WelcomeMail): Draft {
  const headerMessageId = `<${mail.token}.welcome@${mail.hostname}>`;
  const subject = `You may use Postern on ${mail.hostname}`;
  const header = [
    `Date: ${formatDate(mail.at)}`,
    `From: Postern <${mail.from}>`,
    `To: <${mail.to}>`,
    `Subject: ${encodeWords(subject)}`,
    `Message-ID: ${headerMessageId}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '',
  ];
  const text = [
    `An administrator has added you to Postern, the mail relay on ${mail.hostname}.`,
    '',
    `Page:       ${mail.accessUrl}`,
    `User name:  ${mail.name}`,
    '',
    'You get your first password from the administrator, not by mail. At the first',
    'sign-in you choose a password of your own.',
    '',
    'If you did not expect this mail, you can ignore it.',
    '',
  ];
  const { from: sender, to } = mail;
  return {
    accepted: {
      kind: 'notice',
      origin: { client: OWN_CLIENT, listener: '', address: '', greeting: '' },
      envelope: { sender, recipients: [{ address: to }], eightBit: false, smtpUtf8: false },
      receiving: 0,
      content: { subject, headerMessageId, eightBit: false },
    },
    body: Buffer.concat([
      Buffer.from(header.join('\r\n'), 'latin1'),
      encodeQuotedPrintable(Buffer.from(text.join('\r\n'))),
    ]),
  };
}
