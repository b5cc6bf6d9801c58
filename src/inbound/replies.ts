/*
 * What clients are told. The one place that turns failures of Postern into SMTP replies, with enhanced status codes
 * (RFC 2034, RFC 3463) chosen per reply and not by the three digits.
 */
import { IntakeRefusal } from '../message/intake-refusal.ts';
import type { Refusal } from '../queue/accepting.ts';
import { type ErrorCode, RelayError } from '../shared/errors.ts';

/** One reply line. An empty enhanced code is for the greeting, HELO, EHLO and 3xx, which carry none (RFC 2034 section 3). */
export interface SmtpReply {
  readonly code: number;
  readonly enhanced: string;
  readonly text: string;
}

/** A reply; an empty `enhanced` where RFC 2034 allows none. */
export function reply(code: number, enhanced: string, text: string): SmtpReply {
  return { code, enhanced, text };
}

/** Temporary, so that the client keeps the message and comes again. */
const INTERNAL = reply(451, '4.3.0', 'Internal error; try again later');

const BY_ERROR_CODE: Partial<Record<ErrorCode, SmtpReply>> = {
  'store-full': reply(452, '4.3.1', 'No space left to keep the message; try again later'),
  'store-unavailable': reply(451, '4.3.0', 'The message cannot be kept now; try again later'),
  'store-busy': reply(451, '4.3.0', 'The message cannot be kept now; try again later'),
  overloaded: reply(451, '4.3.0', 'Too much to do; try again later'),
  stopping: reply(421, '4.3.2', 'Postern is stopping; try again later'),
};

/** The reply for anything that was thrown while a message was taken. Never 2xx, and 5xx only where the message is at fault. */
export function replyToError(error: unknown): SmtpReply {
  if (error instanceof IntakeRefusal) return reply(error.code, error.enhanced, error.text);
  if (!(error instanceof RelayError)) return INTERNAL;
  if (error.code === 'bad-request') return reply(554, '5.6.0', error.publicMessage);
  return BY_ERROR_CODE[error.code] ?? INTERNAL;
}

/** The queue's reason for not taking mail now, as it stands. */
export function replyToRefusal(refusal: Refusal): SmtpReply {
  return reply(refusal.code, refusal.enhanced, refusal.text);
}

/**
 * The reply as it goes over the wire. Control characters would split it, and whoever did not ask for SMTPUTF8 must see
 * ASCII only; both are replaced, as parts of the text may come from clients.
 */
export function wireText(answer: SmtpReply): string {
  const text = /^[\x20-\x7e]*$/.test(answer.text) ? answer.text : answer.text.replace(/[^\x20-\x7e]/g, '?');
  const head = answer.enhanced === '' ? `${answer.code} ` : `${answer.code} ${answer.enhanced} `;
  return `${head}${text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text}\r\n`;
}

/** A reply line holds at most 512 octets (RFC 5321 section 4.5.3.1.5). */
const MAX_TEXT = 490;
