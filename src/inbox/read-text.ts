/** The bytes of a text part as text for people: character set, wrapped lines, and HTML without its tags where there is no other text. */
import { MailParser } from 'mailparser';
import type { Leaf } from './leaves.ts';
import { CONVERTED_LIMIT } from './limits.ts';

export interface ReadText {
  readonly text: string;
  /** The markup of an HTML part. */
  readonly html: string;
  /** The HTML was too long or too deep to be turned into text. */
  readonly incomplete: boolean;
}

/** Where HTML says itself which character set it is in, if its part does not. */
const DECLARED = /<meta[^<>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})/i;
const DECLARED_WITHIN = 1024;

/** Reads content whose transfer encoding has been taken off. The parser sees this one part only, with a header of our own. */
export async function readText(leaf: Leaf, content: Buffer, convert: boolean): Promise<ReadText> {
  const parser = new MailParser({
    skipHtmlToText: !convert,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
    maxHtmlLengthToParse: CONVERTED_LIMIT,
    checksumAlgo: false,
    ignoreEmbedded: true,
    maxChildNodes: 2,
  });
  const { promise, resolve, reject } = Promise.withResolvers<ReadText>();
  let read: ReadText = { text: '', html: '', incomplete: false };
  parser.on('data', (data) => {
    if (data.type !== 'text') return;
    read = {
      text: data.text ?? '',
      html: data.html ?? '',
      incomplete: data.textConversionError !== undefined,
    };
  });
  parser.once('error', reject);
  parser.once('end', () => resolve(read));
  parser.end(Buffer.concat([headerOf(leaf, content), content]));
  return promise;
}

function headerOf(leaf: Leaf, content: Buffer): Buffer {
  const flowed =
    leaf.flowed === undefined ? '' : `; format=flowed${leaf.flowed === 'yes' ? '; delsp=yes' : ''}`;
  const type = leaf.use === 'html' ? 'text/html' : 'text/plain';
  return Buffer.from(
    `Content-Type: ${type}; charset="${charsetOf(leaf, content)}"${flowed}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`,
  );
}

function charsetOf(leaf: Leaf, content: Buffer): string {
  if (leaf.charset !== undefined && !/^(?:us-)?ascii$/.test(leaf.charset)) return leaf.charset;
  const declared =
    leaf.use === 'html' ? DECLARED.exec(content.toString('latin1', 0, DECLARED_WITHIN))?.[1] : undefined;
  if (declared !== undefined) return declared;
  return isUtf8(content) ? 'utf-8' : 'windows-1252';
}

/** Cut text may end within a character. */
function isUtf8(content: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content, { stream: true });
    return true;
  } catch {
    return false;
  }
}
