import { escapeHtml } from '../../shared/html.ts';
import type { Secret } from '../../shared/secret.ts';
import { printable } from '../../shared/shown-text.ts';

/** Longest text of a provider that is kept, in characters, where nobody says otherwise. */
const LONGEST = 500;
/** A shorter secret would take ordinary words out of the text. */
const SHORTEST_SECRET = 4;
const SHOWN = '[secret]';

/** JSON Web Tokens, and other runs that are too long and too wild to be words. */
const TOKENS = /eyJ[\w-]{8,}(?:\.[\w-]*)*|(?:ya29|1\/|4\/|GOCSPX-)[\w.~+/-]{12,}|[\w~+=-]{48,}/g;

/**
 * What a provider said, fit to be shown, logged and kept: on one line, bounded, without control characters, without the secrets
 * that the request carried (in any encoding in which they may come back) and without anything that looks like a token.
 */
export function cleanReply(text: string, hidden: readonly Secret[] = [], longest = LONGEST): string {
  // More than is shown is looked at, so that a secret at the edge is found whole.
  let clean = printable(text.slice(0, longest * 8));
  clean = withoutSecrets(clean, hidden);
  clean = clean.replaceAll(TOKENS, SHOWN).replaceAll(/ {2,}/g, ' ').trim();
  return clean.length > longest ? `${clean.slice(0, longest - 1).toWellFormed()}…` : clean;
}

/** Takes secrets out, before a text is cut or parts of it are taken: half a secret would not be known any more. */
export function withoutSecrets(text: string, hidden: readonly Secret[]): string {
  let clean = text;
  for (const secret of hidden) {
    for (const form of formsOf(secret.reveal())) clean = clean.replaceAll(form, SHOWN);
  }
  return clean;
}

/** The secret as it is and as forms, JSON, pages and Basic authentication write it; the longest first. */
function formsOf(secret: string): string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  const plain = printable(secret);
  const forms = [
    secret,
    plain,
    // Form-encoded, and decoded by somebody who forgets the spaces.
    plain.replaceAll(' ', '+'),
    encodeURIComponent(plain.toWellFormed()),
    new URLSearchParams([['', plain]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    escapeHtml(plain),
    Buffer.from(secret).toString('base64').replaceAll('=', ''),
    Buffer.from(secret).toString('base64url'),
  ];
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length);
}
