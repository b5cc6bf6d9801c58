/* The text of a parameter such as filename, in all ways in which it is written (RFC 2231, and encoded words as many programs do it). */
import { decodeCharset } from './charset.ts';
import type { ParameterizedValue } from './content-type.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import { oneLine } from './headers.ts';

const MAX_SECTIONS = 50;
const MAX_TEXT = 1000;

/** The parameter `name` (lower case) for people: sections joined, percent encoding and encoded words decoded; empty where there is none. */
export function parameterText(value: ParameterizedValue, name: string): string {
  const extended = find(value, `${name}*`);
  if (extended !== undefined) return shown(decodeExtended([{ text: extended, encoded: true }]));
  const sections: { text: string; encoded: boolean }[] = [];
  for (let index = 0; index < MAX_SECTIONS; index += 1) {
    const plain = find(value, `${name}*${index}`);
    const encoded = find(value, `${name}*${index}*`);
    const text = encoded ?? plain;
    if (text === undefined) break;
    sections.push({ text, encoded: encoded !== undefined });
  }
  if (sections.length > 0) return shown(decodeExtended(sections));
  return shown(decodeEncodedWords(find(value, name) ?? ''));
}

function find(value: ParameterizedValue, name: string): string | undefined {
  return value.parameters.find((each) => each.name === name)?.value;
}

/** The first section says the charset: `utf-8'en'percent-encoded`. */
function decodeExtended(sections: readonly { readonly text: string; readonly encoded: boolean }[]): string {
  let charset = 'utf-8';
  const bytes = sections.map(({ text, encoded }, index) => {
    if (!encoded) return Buffer.from(text);
    const parts = index === 0 ? /^([^']{0,40})'[^']{0,40}'(.*)$/s.exec(text) : null;
    if (parts?.[1]) charset = parts[1];
    const escaped = (parts?.[2] ?? text).replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(escaped, /[^\0-\xff]/.test(escaped) ? 'utf8' : 'latin1');
  });
  return decodeCharset(Buffer.concat(bytes), charset);
}

function shown(text: string): string {
  return oneLine(text).slice(0, MAX_TEXT).toWellFormed();
}
