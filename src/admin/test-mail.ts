/** The small mail that proves that mail arrives. Pure: everything that is in it is passed in and has been checked. */
import { formatDate } from '../message/date.ts';
import type { Draft } from '../queue/reports.ts';

/** Name of the client that Postern's own mail belongs to. */
export const OWN_CLIENT = 'postern';

export interface TestMail {
  /** ASCII addresses without brackets. */
  readonly from: string;
  readonly to: readonly string[];
  /** Name of this relay. */
  readonly hostname: string;
  /** ms since 1970. */
  readonly at: number;
  /** Makes the Message-ID unique. */
  readonly token: string;
  readonly upstream?: string;
}

export function createTestMail(mail: TestMail): Draft {
  const headerMessageId = `<${mail.token}.test@${mail.hostname}>`;
  const subject = `Postern test mail from ${mail.hostname}`;
  const way =
    mail.upstream === undefined ? 'the way that the routes choose' : 'the upstream that was asked for';
  const lines = [
    `Date: ${formatDate(mail.at)}`,
    `From: Postern <${mail.from}>`,
    `To: ${mail.to.map((address) => `<${address}>`).join(',\r\n ')}`,
    `Subject: ${subject}`,
    `Message-ID: ${headerMessageId}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    `This is a test mail of Postern on ${mail.hostname}.`,
    `An administrator asked for it at ${new Date(mail.at).toISOString()}; it went ${way}.`,
    'It arrived, so this way works. There is nothing to do.',
    '',
  ];
  const { from: sender, to, upstream } = mail;
  return {
    accepted: {
      kind: 'notice',
      origin: { client: OWN_CLIENT, listener: '', address: '', greeting: '' },
      envelope: { sender, recipients: to.map((address) => ({ address })), eightBit: false, smtpUtf8: false },
      receiving: 0,
      content: { subject, headerMessageId, eightBit: false },
      ...(upstream === undefined ? {} : { upstream }),
    },
    body: Buffer.from(lines.join('\r\n'), 'latin1'),
  };
}
