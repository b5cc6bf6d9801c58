/*
 * What a message consists of in the words of Microsoft Graph: one text and attachments. Only messages that can be said so are; a signature,
 * an attached message, a calendar or two texts cannot, and are refused instead of being damaged in silence.
 *
 * Known and accepted: of a text in two forms the HTML goes, and Exchange makes the plain one anew from it.
 */
import { type ParameterizedValue, parameter, parseParameters } from '../../../message/content-type.ts';
import { fieldValue, findField } from '../../../message/headers.ts';
import type { MimePart } from '../../../message/mime-structure.ts';
import { parameterText } from '../../../message/parameter-text.ts';
import { createTransferDecoder } from '../../../message/transfer-decoding.ts';

export interface DraftAttachment {
  readonly part: MimePart;
  readonly name: string;
  readonly contentType: string;
  /** Shown within the HTML, which refers to it by `contentId`. */
  readonly inline: boolean;
  readonly contentId?: string;
}

export interface DraftPlan {
  readonly text?: { readonly part: MimePart; readonly html: boolean; readonly charset: string };
  readonly attachments: readonly DraftAttachment[];
}

const MAX_ATTACHMENTS = 100;
/** Content that is more than a file: taken apart and put together again it would be something else. */
const WHOLE = /^(?:message\/|application\/(?:(?:x-)?pkcs7-|pgp-|ms-tnef|vnd\.ms-tnef))/;
const SIMPLE = /^(?:application|image|audio|video|font|model)\//;

interface Draft {
  text: DraftPlan['text'];
  readonly attachments: DraftAttachment[];
}

/** The plan, or in a few words why there is none. */
export function planDraft(root: MimePart): DraftPlan | string {
  const draft: Draft = { text: undefined, attachments: [] };
  const obstacle = place(root, draft, { inline: false });
  if (obstacle !== undefined) return obstacle;
  if (draft.attachments.length > MAX_ATTACHMENTS) return `more than ${MAX_ATTACHMENTS} attachments`;
  return { attachments: draft.attachments, ...(draft.text ? { text: draft.text } : {}) };
}

function place(part: MimePart, draft: Draft, within: { readonly inline: boolean }): string | undefined {
  const type = part.type.value;
  if (createTransferDecoder(part.encoding) === undefined) return `the transfer encoding ${part.encoding}`;
  if (WHOLE.test(type)) return `content of type ${type}`;
  if (type.startsWith('multipart/')) return placeMultipart(part, draft);
  const disposition = dispositionOf(part);
  const name = fileName(part, disposition);
  const isFile = disposition.value === 'attachment' || name !== '';
  if ((type === 'text/plain' || type === 'text/html') && !isFile && !within.inline) {
    if (draft.text !== undefined) return 'more than one text';
    const charset = parameter(part.type, 'charset') ?? 'utf-8';
    draft.text = { part, html: type === 'text/html', charset };
    return undefined;
  }
  if (!isFile && !SIMPLE.test(type)) return `content of type ${type} without a name`;
  draft.attachments.push(attachmentOf(part, name, within.inline, draft.attachments.length + 1));
  return undefined;
}

function placeMultipart(part: MimePart, draft: Draft): string | undefined {
  const type = part.type.value;
  if (part.parts.length === 0) return `content of type ${type} without parts`;
  switch (type) {
    case 'multipart/mixed':
      return first(part.parts, (each) => place(each, draft, { inline: false }));
    case 'multipart/related':
      return first(part.parts, (each, index) => place(each, draft, { inline: index > 0 }));
    case 'multipart/alternative':
      return placeAlternative(part, draft);
    default:
      return `content of type ${type}`;
  }
}

/** Plain text and the same as HTML, alone or with its pictures. */
function placeAlternative(part: MimePart, draft: Draft): string | undefined {
  const [plain, rich, ...more] = part.parts;
  if (plain !== undefined && rich === undefined) return place(plain, draft, { inline: false });
  const richIsHtml = isHtml(rich) || (rich?.type.value === 'multipart/related' && isHtml(rich.parts[0]));
  if (rich === undefined || more.length > 0 || plain?.type.value !== 'text/plain' || !richIsHtml) {
    return 'a text in other forms than plain and HTML';
  }
  return place(rich, draft, { inline: false });
}

function isHtml(part: MimePart | undefined): boolean {
  return part?.type.value === 'text/html';
}

function first(
  parts: readonly MimePart[],
  visit: (part: MimePart, index: number) => string | undefined,
): string | undefined {
  for (const [index, part] of parts.entries()) {
    const obstacle = visit(part, index);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

function attachmentOf(part: MimePart, name: string, inline: boolean, number: number): DraftAttachment {
  const id = findField(part.header, 'content-id');
  const contentId = id === undefined ? '' : fieldValue(id).replace(/^<|>$/g, '').slice(0, 500);
  return {
    part,
    name: name === '' ? `attachment-${number}` : name,
    contentType: part.type.value,
    inline: inline && contentId !== '',
    ...(contentId === '' ? {} : { contentId }),
  };
}

function dispositionOf(part: MimePart): ParameterizedValue {
  const field = findField(part.header, 'content-disposition');
  return parseParameters(field === undefined ? '' : fieldValue(field));
}

function fileName(part: MimePart, disposition: ParameterizedValue): string {
  return parameterText(disposition, 'filename') || parameterText(part.type, 'name');
}
