import { expect } from 'chai';
import * as fc from 'fast-check';
import { WireReader } from '../../src/inbound/wire-reader.ts';

interface Read {
  readonly lines: string[];
  /** Contents of messages that ended. */
  readonly messages: string[];
  /** Content of a message that has not ended. */
  readonly open: string | undefined;
  readonly tooLong: boolean;
}

/** Reads everything; a line DATA begins a message. */
function read(pieces: readonly Buffer[], maxLine = 64): Read {
  const reader = new WireReader(maxLine);
  const lines: string[] = [];
  const messages: string[] = [];
  let open: string | undefined;
  let tooLong = false;
  for (const piece of pieces) {
    reader.feed(piece);
    for (let event = reader.next(); event !== 'more'; event = reader.next()) {
      if (event === 'line') {
        lines.push(reader.text);
        if (reader.text === 'DATA') {
          reader.startContent();
          open = '';
        }
      } else if (event === 'content') open += reader.bytes.toString('latin1');
      else if (event === 'end') {
        messages.push(open ?? '');
        open = undefined;
      } else tooLong = true;
    }
  }
  return { lines, messages, open, tooLong };
}

/** What RFC 5321 says, told as simply as possible and without a thought for speed. */
function content(sent: string): { message: string | undefined; rest: string } {
  const text = `\r\n${sent}`;
  const end = text.indexOf('\r\n.\r\n');
  if (end === -1) return { message: undefined, rest: '' };
  return { message: text.slice(2, end + 2).replace(/(^|\r\n)\./g, '$1'), rest: text.slice(end + 5) };
}

function splits(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [...places, bytes.length].map((place, index) => bytes.subarray(places[index - 1] ?? 0, place));
}

/** Mostly what matters: dots and line ends. */
const hostileText = fc
  .array(fc.constantFrom('.', '.', '\r', '\n', '\r\n', '\r\n', '\r\n.', '\0', 'a', 'bcd'), { maxLength: 40 })
  .map((parts) => parts.join(''));

describe('the wire reader', () => {
  it('ends content exactly where RFC 5321 says, at every split', () => {
    fc.assert(
      fc.property(hostileText, fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
        const expected = content(text);
        const got = read(splits(Buffer.from(`DATA\r\n${text}`, 'latin1'), cuts), 10_000);
        if (expected.message === undefined) {
          expect(got.messages).to.deep.equal([]);
          expect(got.open).to.be.a('string');
        } else {
          expect(got.messages[0]).to.equal(expected.message);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives the same result at every split', () => {
    const command = fc.constantFrom(
      'DATA\r\n',
      'NOOP\r\n',
      'x\n',
      'MAIL FROM:<a@b>\r\n',
      '\r\n',
      'a'.repeat(70),
    );
    const transcript = fc.array(fc.oneof(command, hostileText, fc.constant('\r\n.\r\n')), { maxLength: 12 });
    fc.assert(
      fc.property(transcript, fc.array(fc.nat(), { maxLength: 30 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''), 'latin1');
        expect(read(splits(bytes, cuts))).to.deep.equal(read([bytes]));
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives the same result byte by byte', () => {
    const bytes = Buffer.from(
      'EHLO x\r\nDATA\r\n.\r\nDATA\r\n..a\r\n.b\r\r\n.\n\r\n.\r\nQUIT\nDATA\r\nrest\r\n.',
      'latin1',
    );
    const whole = read([bytes]);
    expect(whole).to.deep.equal({
      lines: ['EHLO x', 'DATA', 'DATA', 'QUIT', 'DATA'],
      messages: ['', '.a\r\nb\r\r\n\n\r\n'],
      open: 'rest\r\n',
      tooLong: false,
    });
    expect(read([...bytes].map((byte) => Buffer.of(byte)))).to.deep.equal(whole);
  });

  it('stops at a line beyond the limit, complete or not', () => {
    for (const text of [`${'a'.repeat(65)}\r\n`, 'a'.repeat(66), `NOOP\r\n${'a'.repeat(65)}\nNOOP\r\n`]) {
      expect(read([Buffer.from(text)]).tooLong, JSON.stringify(text)).to.equal(true);
    }
    expect(read([Buffer.from(`${'a'.repeat(64)}\r\n`)])).to.deep.include({ tooLong: false });
  });

  it('takes a body of stuffed dots at the price of its bytes', () => {
    const bytes = Buffer.from(`DATA\r\n${'..\r\n'.repeat(16_000)}`);
    const reader = new WireReader(64);
    reader.feed(bytes);
    let pieces = 0;
    for (let event = reader.next(); event !== 'more'; event = reader.next()) {
      if (event === 'line') reader.startContent();
      else pieces += 1;
    }
    expect(pieces).to.equal(1);
    expect(reader.bytes.length).to.equal(3 * 16_000);
  });
});
