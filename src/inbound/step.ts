/*
 * What a dialogue answers: text for the wire and what the session does next. The fixed replies are put together once.
 */
import { reply, type SmtpReply, wireText } from './replies.ts';

/** What the session does once a command is answered. */
export interface Step {
  /** As it goes over the wire. */
  readonly text: string;
  /** `content`: what follows is a message. */
  readonly next?: 'close' | 'content' | 'starttls';
}

/** Answers, and goes on. */
export function step(answer: SmtpReply): Step {
  return { text: wireText(answer) };
}

/** Answers, and ends the connection. */
export function close(answer: SmtpReply): Step {
  return { text: wireText(answer), next: 'close' };
}

export const STARTTLS_FIRST = reply(
  530,
  '5.7.0',
  'Issue STARTTLS first; this listener takes mail over TLS only',
);
export const SIGN_IN_FIRST = reply(530, '5.7.0', 'Sign in with AUTH first');
export const GREET_FIRST = reply(503, '5.5.1', 'Send EHLO or HELO first');
export const MAIL_FIRST = reply(503, '5.5.1', 'Send MAIL first');
export const TOO_LARGE_FURTHER_ON = reply(
  552,
  '5.3.4',
  'The message is too large for the mail server behind this relay, which refused one of this size within the last hour',
);
export const STOPPING = reply(421, '4.3.2', 'Postern is stopping; try again later');
export const SENDER_OK: Step = { text: wireText(reply(250, '2.1.0', 'Sender accepted')) };
export const RECIPIENT_OK: Step = { text: wireText(reply(250, '2.1.5', 'Recipient accepted')) };
export const OK: Step = { text: wireText(reply(250, '2.0.0', 'OK')) };
export const SEND_CONTENT: Step = {
  text: '354 Send the message; end with a line that holds only a dot\r\n',
  next: 'content',
};
export const BYE: Step = { text: wireText(reply(221, '2.0.0', 'Bye')), next: 'close' };
export const TLS_READY: Step = { text: wireText(reply(220, '2.0.0', 'Ready for TLS')), next: 'starttls' };
