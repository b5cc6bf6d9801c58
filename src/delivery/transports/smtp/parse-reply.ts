import { ownText } from '../../../shared/own-text.ts';
import { shownText } from '../../../shared/shown-text.ts';
import type { Reply } from '../../outcome.ts';
import { isPieceOf } from './secret-pieces.ts';

const LONGEST_TEXT = 1000;
const LINE = /^([2-5]\d\d)(?:[ -](?:([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+|$))?(.*))?$/s;
const LONG_WORD = /[^\s"'<>()[\]]{8,}/g;

/**
 * Reads a whole reply (RFC 5321 section 4.2.1), its lines separated by LF. A reply that is none gets code 0 and keeps its
 * text. Texts in `hidden` (a password and its encodings, which a server may echo) are replaced.
 */
export function parseReply(raw: string, hidden: readonly string[] = []): Reply {
  const lines = raw.length > 16_384 ? raw.slice(0, 16_384).split('\n') : raw.split('\n');
  const first = LINE.exec(lines[0] ?? '');
  if (!first) return { code: 0, text: showable(raw, hidden) };
  const enhanced = first[2];
  let text = first[3] ?? '';
  for (const line of lines.slice(1)) {
    const match = LINE.exec(line);
    text += ` ${match ? (match[3] ?? '') : line}`;
  }
  text = showable(text, hidden);
  const code = Number(first[1]);
  return enhanced === undefined ? { code, text } : { code, enhanced, text };
}

/** Bounded, on one line, without control characters and secrets. */
export function showable(text: string, hidden: readonly string[] = []): string {
  let shown = text;
  for (const secret of hidden) if (secret !== '') shown = shown.replaceAll(secret, '[secret]');
  if (hidden.length > 0) shown = withoutPieces(shown, hidden);
  return ownText(shownText(shown, LONGEST_TEXT));
}

/** Servers cut what they echo, break it over lines, write it in capitals or as in a URL: a long word out of a secret goes as well. */
function withoutPieces(text: string, hidden: readonly string[]): string {
  return text.replace(LONG_WORD, (word) =>
    isPieceOf(hidden, word) || isPieceOf(hidden, percentDecoded(word)) ? '[secret]' : word,
  );
}

/** The word itself where it is not encoded, or cut within a sign. */
function percentDecoded(word: string): string {
  if (!word.includes('%')) return word;
  try {
    return decodeURIComponent(word.replace(/%[0-9a-f]?$/i, ''));
  } catch {
    return word;
  }
}

/** A reply as an SMTP server would write it, for sentences. */
export function replyText(reply: Reply): string {
  return [reply.code === 0 ? '' : String(reply.code), reply.enhanced ?? '', reply.text]
    .filter((part) => part !== '')
    .join(' ');
}
