/** The parts of a message that have content of their own, and what each of them is for. Pure. */
import { parameter, parseParameters } from '../message/content-type.ts';
import { fieldValue, findField } from '../message/headers.ts';
import type { MimePart } from '../message/mime-structure.ts';
import { parameterText } from '../message/parameter-text.ts';
import { shownText } from '../shared/shown-text.ts';
import { TEXT_PARTS } from './limits.ts';

/** A part without parts of its own. Plain, since it travels between threads. */
export interface Leaf {
  /** `text` and `html` are what the message says; everything else is a file. */
  readonly use: 'text' | 'html' | 'file';
  /** In lower case. */
  readonly contentType: string;
  readonly charset?: string;
  /** Lines of text were wrapped for the way (RFC 3676). */
  readonly flowed?: 'yes' | 'with-spaces';
  readonly fileName?: string;
  /** Without brackets. */
  readonly contentId?: string;
  readonly inline: boolean;
  /** A transfer encoding that is known. */
  readonly encoding: string;
  /** Where its content is, in bytes from the start of the message. */
  readonly start: number;
  readonly end: number;
}

const KNOWN_ENCODING = /^(?:7bit|8bit|binary|base64|quoted-printable)$/;
const CHARSET = /^[\w.:()+-]{1,60}$/;
const LONGEST_NAME = 200;

/** In the order of the message. */
export function leavesOf(root: MimePart): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let texts = 0;
  // A list of what is still to be done in place of calls: parts stand in each other as deep as a stranger likes.
  const todo: MimePart[] = [root];
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part.parts.length > 0) {
      todo.push(...part.parts.toReversed());
      continue;
    }
    const leaf = leafOf(part, texts < TEXT_PARTS);
    if (leaf.use !== 'file') texts += 1;
    leaves.push(leaf);
  }
  return leaves;
}

function leafOf(part: MimePart, mayBeText: boolean): Leaf {
  const disposition = parseParameters(valueOf(part, 'content-disposition'));
  const fileName = shownText(
    parameterText(disposition, 'filename') || parameterText(part.type, 'name'),
    LONGEST_NAME,
  );
  const inline =
    disposition.value === 'inline' ||
    (disposition.value === '' && findField(part.header, 'content-id') !== undefined);
  const contentType = part.type.value;
  const isText = mayBeText && fileName === '' && (disposition.value === '' || disposition.value === 'inline');
  const charset = parameter(part.type, 'charset') ?? '';
  const contentId = valueOf(part, 'content-id').replace(/^<|>$/g, '').trim();
  return {
    use: isText ? (USES[contentType] ?? 'file') : 'file',
    contentType,
    ...(CHARSET.test(charset) ? { charset: charset.toLowerCase() } : {}),
    ...flowedOf(part),
    ...(fileName === '' ? {} : { fileName }),
    ...(contentId === '' ? {} : { contentId: contentId.slice(0, LONGEST_NAME) }),
    inline,
    encoding: KNOWN_ENCODING.test(part.encoding) ? part.encoding : 'binary',
    start: part.start,
    end: part.end,
  };
}

const USES: Readonly<Record<string, 'text' | 'html'>> = { 'text/plain': 'text', 'text/html': 'html' };

function flowedOf({ type }: MimePart): Pick<Leaf, 'flowed'> {
  if (parameter(type, 'format')?.toLowerCase() !== 'flowed') return {};
  return { flowed: parameter(type, 'delsp')?.toLowerCase() === 'yes' ? 'yes' : 'with-spaces' };
}

function valueOf(part: MimePart, name: string): string {
  const field = findField(part.header, name);
  return field === undefined ? '' : fieldValue(field);
}
