/** The header of a message for people, and how an upstream gets it. Pure; the rewriting is the one that delivery uses. */
import { senderAtOnce } from '../delivery/sender-policy.ts';
import { fieldText, type HeaderField, parseHeader } from '../message/headers.ts';
import { rewriteSender } from '../message/rewrite.ts';
import type { JournalEntry, MessageRecord } from '../queue/message.ts';
import type { Settings } from '../settings/schema.ts';
import { FIELD_LENGTH, FIELDS } from './limits.ts';

export interface ShownField {
  readonly name: string;
  readonly value: string;
}

export interface ShownHeader {
  readonly fields: readonly ShownField[];
  /** There is more than is shown. */
  readonly incomplete: boolean;
}

/** The fields of a header block, decoded, in their order. */
export function headerFields(block: Buffer): ShownHeader {
  const { fields } = parseHeader(block);
  const shown = fields.slice(0, FIELDS).map(shownField);
  const incomplete = fields.length > FIELDS || fields.some(({ raw }) => raw.length > FIELD_LENGTH);
  return { fields: shown, incomplete };
}

function shownField(field: HeaderField): ShownField {
  const name = field.raw.slice(0, field.raw.indexOf(':')).trim();
  const raw = field.raw.slice(0, FIELD_LENGTH);
  return { name, value: fieldText({ ...field, raw }) };
}

/** The header as the upstream gets or got it, where the sender is another there. */
export interface SentHeader {
  readonly sender: string;
  readonly block: Buffer;
}

/** Undefined where nothing is rewritten. A report keeps its empty sender. */
export function sentHeader(
  block: Buffer,
  sender: string,
  address: string | undefined,
): SentHeader | undefined {
  if (address === undefined) return undefined;
  return {
    sender: sender === '' ? '' : address,
    block: rewriteSender(block, { from: address, original: sender }),
  };
}

/**
 * The address that the message went out as, by its last attempt at an upstream that sends; before any, the one that it will
 * go out as at `upstream`, as far as that is certain beforehand. Undefined where it keeps its own.
 */
export function sentAs(
  message: MessageRecord,
  journal: readonly JournalEntry[],
  upstream: string,
  settings: Pick<Settings, 'upstreams' | 'clients' | 'users'>,
): string | undefined {
  const last = journal.findLast(
    ({ event }) => event.type === 'attempt' && event.recipients.some(({ result }) => result !== 'held'),
  );
  if (last?.event.type === 'attempt') return last.event.rewrittenSender;
  const way = settings.upstreams.find(({ name }) => name === upstream);
  if (way === undefined || way.kind === 'test-relay') return undefined;
  return senderAtOnce({ own: message.kind !== 'mail', client: message.origin.client }, way, settings);
}
