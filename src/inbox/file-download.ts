/** The headers under which a part of a stranger's message is given out: it is saved, never shown or run. Pure. */
import { printable } from '../shared/shown-text.ts';

/** Types that a program which opens them by type does nothing with but show them. */
const HARMLESS: ReadonlySet<string> = new Set([
  'application/pdf',
  'application/zip',
  'image/bmp',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/webp',
  'text/csv',
  'text/plain',
]);

const LONGEST = 150;

export function downloadHeaders(
  contentType: string,
  fileName: string | undefined,
  fallback: string,
): Readonly<Record<string, string>> {
  const name = safeFileName(fileName ?? '') || fallback;
  return {
    'Content-Type': HARMLESS.has(contentType) ? contentType : 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${asciiName(name)}"; filename*=UTF-8''${encoded(name)}`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  };
}

/** One name without a path, without what turns the direction of text, and without a dot or space at either end. */
export function safeFileName(name: string): string {
  const plain = printable(name.toWellFormed())
    .replace(/[/\\:*?"<>|]+/g, '_')
    .replace(/\s+/g, ' ');
  const trimmed = plain.replace(/^[.\s]+/, '').slice(0, 4 * LONGEST);
  if (trimmed.length <= LONGEST) return trimmed.replace(/[.\s]+$/, '').toWellFormed();
  // The ending says what kind of file it is, so the middle goes.
  const ending = /\.[^.]{1,16}$/.exec(trimmed.trimEnd())?.[0] ?? '';
  return (trimmed.slice(0, LONGEST - ending.length) + ending).replace(/[.\s]+$/, '').toWellFormed();
}

/** For programs that do not know RFC 5987. */
function asciiName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]|["\\%]/gu, '_');
}

/** RFC 5987 section 3.2.1. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
