/*
 * Encoded words (RFC 2047): header text in other letters than ASCII. Reading is lenient and bounded; writing makes words
 * of at most 75 characters that never split a character.
 */
import { decodeCharset } from './charset.ts';

/** Longer text is cut before it is decoded; no header is that long. */
const MAX_TEXT = 262_144;

const WORD = /=\?([A-Za-z0-9_.:()-]{1,40})(?:\*[A-Za-z0-9-]{0,20})?\?([BbQq])\?([^?\r\n]{0,4000})\?=/g;

/** Bytes of UTF-8 in one word: 45 make 60 characters of base64, 75 with `=?UTF-8?B?` and `?=` is the limit. */
const WORD_BYTES = 45;

/** Text for people out of unfolded header text; words that cannot be decoded stay as they are. */
export function decodeEncodedWords(text: string): string {
  if (!text.includes('=?')) return text;
  const source = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  let result = '';
  let end = 0;
  /** Neighbours of one charset are joined as bytes first, since many senders cut characters in two. */
  let charset = '';
  let bytes: Buffer[] = [];
  const flush = (): void => {
    if (bytes.length > 0) result += decodeCharset(Buffer.concat(bytes), charset);
    bytes = [];
  };
  for (const match of source.matchAll(WORD)) {
    const [word, label = '', encoding = '', content = ''] = match;
    const between = source.slice(end, match.index);
    const neighbour = end > 0 && /^[ \t\r\n]*$/.test(between);
    if (!neighbour || label.toLowerCase() !== charset) flush();
    if (!neighbour) result += between;
    charset = label.toLowerCase();
    bytes.push(decodeContent(encoding, content));
    end = match.index + word.length;
  }
  flush();
  return result + source.slice(end);
}

/** Text as encoded words, separated by spaces; text that is plain ASCII without control characters is returned as it is. */
export function encodeWords(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text;
  return encodedWordsOf(text).join(' ');
}

/** Each at most 75 characters long (RFC 2047 section 2). */
export function encodedWordsOf(text: string): string[] {
  const words: string[] = [];
  let part = '';
  let size = 0;
  for (const character of text.toWellFormed()) {
    const length = Buffer.byteLength(character);
    if (size + length > WORD_BYTES) {
      words.push(encodeWord(part));
      part = '';
      size = 0;
    }
    part += character;
    size += length;
  }
  if (part !== '') words.push(encodeWord(part));
  return words;
}

function encodeWord(text: string): string {
  return `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}

function decodeContent(encoding: string, content: string): Buffer {
  if (encoding === 'B' || encoding === 'b') return Buffer.from(content, 'base64');
  const text = content
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  // Raw bytes above 127 arrive here as text already; what does not fit into a byte is kept as UTF-8.
  return Buffer.from(text, /[^\0-\xff]/.test(text) ? 'utf8' : 'latin1');
}
