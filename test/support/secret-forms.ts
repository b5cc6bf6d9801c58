/** Finds a secret in whatever was written, in every form in which it may have got there. */
import { randomBytes } from 'node:crypto';

const word = () => randomBytes(15).toString('base64url').replaceAll(/[-_]/g, 'x');

/** A text that nothing but chance repeats, with signs that forms, JSON, pages and Basic write in another way. */
export function plant(): string {
  return `${word()}+/%&<"~ ${word()}`;
}

/** The same out of letters and digits alone, as tokens have to be. */
export function plantToken(): string {
  return randomBytes(45).toString('base64url').replaceAll(/[-_]/g, 'x');
}

export interface Needle {
  readonly form: string;
  readonly bytes: Buffer;
}

/** A half is looked for alone as well; both are long enough to be nothing else. */
const HALF = 16;

export function needlesOf(secret: string): readonly Needle[] {
  const bytes = Buffer.from(secret);
  const texts: [form: string, text: string][] = [
    ['plain', secret],
    ['reversed', secret.split('').toReversed().join('')],
    ['its beginning', secret.slice(0, HALF)],
    ['its end', secret.slice(-HALF)],
    ['URL-encoded', encodeURIComponent(secret)],
    ['as a form', new URLSearchParams([['', secret]]).toString().slice(1)],
    ['as JSON', JSON.stringify(secret).slice(1, -1)],
    ['as HTML', secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')],
    ['hex', bytes.toString('hex')],
    ['capital hex', bytes.toString('hex').toUpperCase()],
  ];
  // Within a longer text base64 looks different at each of three places.
  for (let place = 0; place < 3; place += 1) {
    const whole = Buffer.concat([Buffer.alloc(place), bytes]);
    const [from, to] = [Math.ceil((place * 8) / 6), Math.floor((whole.length * 8) / 6)];
    texts.push([`base64 at place ${place}`, whole.toString('base64').slice(from, to)]);
    texts.push([`base64url at place ${place}`, whole.toString('base64url').slice(from, to)]);
  }
  const distinct = new Map(
    texts.filter(([, text]) => text.length >= HALF).map(([form, text]) => [text, form]),
  );
  return [...distinct].map(([text, form]) => ({ form, bytes: Buffer.from(text) }));
}

/** What of a private key is its own: the lines of its PEM but the first, which names the algorithm, and their bytes. */
export function needlesOfKey(pem: string): readonly Needle[] {
  const lines = pem.split(/\r?\n/).filter((line) => /^[\w+/=]{30,}$/.test(line));
  return lines.slice(1).flatMap((line) => [
    { form: 'a line of the key', bytes: Buffer.from(line) },
    { form: 'bytes of the key', bytes: Buffer.from(line, 'base64') },
    { form: 'hex of the key', bytes: Buffer.from(Buffer.from(line, 'base64').toString('hex')) },
  ]);
}
