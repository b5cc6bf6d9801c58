/*
 * Takes MAIL and RCPT apart (RFC 5321 section 4.1.1, RFC 1870, RFC 6152, RFC 6531, RFC 3461). Pure: text in, a value or
 * the reply that says what is wrong out. Tolerates what old devices send as far as the client's compatibility allows.
 * What comes out shares no memory with the line, which may be much longer than all that is kept of it.
 */
import { parseAddress } from '../message/address.ts';
import type { EnvelopeRecipient, NotifyCondition } from '../message/envelope.ts';
import type { CompatibilitySettings } from '../settings/schema-clients.ts';
import { ownText } from '../shared/own-text.ts';
import { reply, type SmtpReply } from './replies.ts';

export interface MailCommand {
  /** `local@domain` or empty for `<>`. */
  readonly sender: string;
  readonly size: number | undefined;
  readonly eightBit: boolean;
  readonly smtpUtf8: boolean;
  readonly returnContent?: 'FULL' | 'HDRS';
  readonly envelopeId?: string;
}

/** What parsing depends on. */
export interface AddressRules {
  readonly compatibility: Pick<CompatibilitySettings, 'addressesWithoutBrackets' | 'oddAddresses'>;
  /** Completes addresses that have no domain. */
  readonly hostname: string;
}

export type Parsed<T> = { readonly value: T } | { readonly refusal: SmtpReply };

interface PathAndParameters {
  readonly path: string;
  readonly parameters: ReadonlyMap<string, string | undefined>;
}

const MAIL_PARAMETERS: ReadonlySet<string> = new Set(['SIZE', 'BODY', 'SMTPUTF8', 'RET', 'ENVID', 'AUTH']);
const RCPT_PARAMETERS: ReadonlySet<string> = new Set(['NOTIFY', 'ORCPT']);
const SOURCE_ROUTE = /^@[^\s,:@]+(?:,@[^\s,:@]+)*:/;
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\u{10FFFF}]+))?$/u;
const NO_PARAMETERS: ReadonlyMap<string, string | undefined> = new Map();
const REFUSED_UTF8 = 'has letters beyond ASCII before the @; the client has to ask for SMTPUTF8';

/** @param line the whole command line, `MAIL FROM:<a@b> SIZE=100` */
export function parseMail(line: string, rules: AddressRules): Parsed<MailCommand> {
  const parts = split(line, /^MAIL\s+FROM\s*:\s*/i, MAIL_PARAMETERS, rules);
  if (parts === undefined) return refuse(501, '5.5.4', 'Write MAIL FROM:<address>');
  if ('refusal' in parts) return parts;
  const { path, parameters } = parts.value;
  const smtpUtf8 = parameters.has('SMTPUTF8');
  const sender = path === '' ? '' : address(path, rules, true);
  if (sender === undefined) return refuse(501, '5.1.7', `<${path}> is not a sender address`);
  if (!smtpUtf8 && beyondAscii(sender)) return refuse(553, '5.6.7', `<${sender}> ${REFUSED_UTF8}`);
  if (parameters.size === 0) return { value: { sender, size: undefined, eightBit: false, smtpUtf8 } };
  return mailParameters(sender, parameters);
}

/** @param line the whole command line, `RCPT TO:<a@b> NOTIFY=NEVER` */
export function parseRcpt(line: string, rules: AddressRules, smtpUtf8: boolean): Parsed<EnvelopeRecipient> {
  const parts = split(line, /^RCPT\s+TO\s*:\s*/i, RCPT_PARAMETERS, rules);
  if (parts === undefined) return refuse(501, '5.5.4', 'Write RCPT TO:<address>');
  if ('refusal' in parts) return parts;
  const { path, parameters } = parts.value;
  // The one recipient that needs no domain (RFC 5321 section 4.1.1.3).
  const recipient =
    path.toLowerCase() === 'postmaster' ? ownText(`${path}@${rules.hostname}`) : address(path, rules, false);
  if (recipient === undefined) return refuse(501, '5.1.3', `<${path}> is not a recipient address`);
  if (!smtpUtf8 && beyondAscii(recipient)) return refuse(553, '5.6.7', `<${recipient}> ${REFUSED_UTF8}`);
  if (parameters.size === 0) return { value: { address: recipient } };
  return recipientParameters(recipient, parameters);
}

function mailParameters(
  sender: string,
  parameters: ReadonlyMap<string, string | undefined>,
): Parsed<MailCommand> {
  const size = parameters.get('SIZE');
  if (parameters.has('SIZE') && !/^\d{1,20}$/.test(size ?? '')) {
    return refuse(501, '5.5.4', 'SIZE is a number of bytes');
  }
  const body = parameters.get('BODY')?.toUpperCase();
  if (parameters.has('BODY') && body !== '7BIT' && body !== '8BITMIME') {
    return refuse(501, '5.5.4', 'BODY is 7BIT or 8BITMIME');
  }
  if (parameters.get('SMTPUTF8') !== undefined) return refuse(501, '5.5.4', 'SMTPUTF8 takes no value');
  const content = parameters.get('RET')?.toUpperCase();
  if (parameters.has('RET') && content !== 'FULL' && content !== 'HDRS') {
    return refuse(501, '5.5.4', 'RET is FULL or HDRS');
  }
  const id = parameters.get('ENVID');
  if (parameters.has('ENVID') && (id === undefined || !isXtext(id) || id.length > 100)) {
    return refuse(501, '5.5.4', 'ENVID is xtext of at most 100 characters');
  }
  return {
    value: {
      sender,
      size: size === undefined ? undefined : Number(size),
      eightBit: body === '8BITMIME',
      smtpUtf8: parameters.has('SMTPUTF8'),
      ...(content === 'FULL' || content === 'HDRS' ? { returnContent: content } : {}),
      ...(id === undefined ? {} : { envelopeId: id }),
    },
  };
}

function recipientParameters(
  recipient: string,
  parameters: ReadonlyMap<string, string | undefined>,
): Parsed<EnvelopeRecipient> {
  const notify = parameters.has('NOTIFY') ? notifyConditions(parameters.get('NOTIFY') ?? '') : [];
  if (notify === undefined) {
    return refuse(501, '5.5.4', 'NOTIFY is NEVER, or a list of SUCCESS, FAILURE and DELAY');
  }
  const original = parameters.get('ORCPT');
  if (parameters.has('ORCPT') && !isOriginalRecipient(original)) {
    return refuse(
      501,
      '5.5.4',
      'ORCPT is a type, a semicolon and an address, such as rfc822;user@example.com',
    );
  }
  return {
    value: {
      address: recipient,
      ...(notify.length === 0 ? {} : { notify }),
      ...(original === undefined ? {} : { originalRecipient: original }),
    },
  };
}

/** Finds path and parameters; undefined when the line does not begin as it should or has no path. */
function split(
  line: string,
  verb: RegExp,
  known: ReadonlySet<string>,
  rules: AddressRules,
): Parsed<PathAndParameters> | undefined {
  const match = verb.exec(line);
  if (match === null) return undefined;
  const argument = line.slice(match[0].length).trimEnd();
  const bracketed = argument.startsWith('<');
  if (!bracketed && !rules.compatibility.addressesWithoutBrackets) return undefined;
  const end = endOfPath(argument, bracketed);
  if (end === -1) return undefined;
  const path = bracketed ? argument.slice(1, end).replace(SOURCE_ROUTE, '') : argument.slice(0, end);
  if (!bracketed && path === '') return undefined;
  const rest = argument.slice(bracketed ? end + 1 : end);
  if (rest === '') return { value: { path, parameters: NO_PARAMETERS } };
  if (!/^\s/.test(rest)) return undefined;
  const parameters = readParameters(rest, known);
  return 'refusal' in parameters ? parameters : { value: { path, parameters: parameters.value } };
}

/** Where the path ends: at the first `>` or space outside a quoted string; -1 when it does not. */
function endOfPath(argument: string, bracketed: boolean): number {
  let quoted = false;
  for (let index = bracketed ? 1 : 0; index < argument.length; index += 1) {
    const character = argument[index];
    if (character === '\\' && quoted) index += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && bracketed && character === '>') return index;
    else if (!quoted && !bracketed && (character === ' ' || character === '\t')) return index;
  }
  return bracketed || quoted ? -1 : argument.length;
}

function readParameters(rest: string, known: ReadonlySet<string>): Parsed<Map<string, string | undefined>> {
  const parameters = new Map<string, string | undefined>();
  for (const word of rest.trim().split(/[ \t]+/)) {
    const match = PARAMETER.exec(word);
    const key = match?.[1]?.toUpperCase();
    if (key === undefined) return refuse(501, '5.5.4', 'Parameters are written KEYWORD=VALUE');
    if (!known.has(key)) return refuse(555, '5.5.4', `The parameter ${key} is not known here`);
    if (parameters.has(key)) return refuse(501, '5.5.4', `The parameter ${key} is given twice`);
    parameters.set(key, match?.[2] === undefined ? undefined : ownText(match[2]));
  }
  return { value: parameters };
}

/** The address with its domain in A-labels; a sender without a domain gets ours where odd addresses are accepted. */
function address(path: string, rules: AddressRules, isSender: boolean): string | undefined {
  const odd = rules.compatibility.oddAddresses;
  const parts = parseAddress(path, { odd });
  if (parts === undefined) return undefined;
  if (parts.domain !== '') return ownText(`${parts.local}@${parts.domain}`);
  return isSender ? ownText(`${parts.local}@${rules.hostname}`) : undefined;
}

function beyondAscii(text: string): boolean {
  return /[^\0-\x7f]/.test(text);
}

/** RFC 3461 section 4. */
function isXtext(text: string): boolean {
  return /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})+$/.test(text);
}

/** RFC 3461 section 4.2, and RFC 6533 for utf-8 addresses. */
function isOriginalRecipient(text: string | undefined): boolean {
  return text !== undefined && text.length <= 500 && /^[A-Za-z0-9-]+;[!-<>-~\u0080-\u{10FFFF}]+$/u.test(text);
}

function notifyConditions(text: string): NotifyCondition[] | undefined {
  const words = text.toUpperCase().split(',');
  if (words.length === 1 && words[0] === 'NEVER') return ['NEVER'];
  const conditions = new Set<NotifyCondition>();
  for (const word of words) {
    if (word !== 'SUCCESS' && word !== 'FAILURE' && word !== 'DELAY') return undefined;
    conditions.add(word);
  }
  return [...conditions];
}

function refuse(code: number, enhanced: string, text: string): { readonly refusal: SmtpReply } {
  return { refusal: reply(code, enhanced, text) };
}
