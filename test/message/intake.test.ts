import { expect } from 'chai';
import * as fc from 'fast-check';
import { CHUNK_SIZE, MAX_HEADER_SIZE } from '../../src/message/envelope.ts';
import { createIntake, type IntakeOptions, type IntakeResult } from '../../src/message/intake.ts';
import { IntakeRefusal } from '../../src/message/intake-refusal.ts';
import { heapKept } from '../support/heap-kept.ts';

const OPTIONS: IntakeOptions = {
  id: '0A1B2C3D4E5F6G7H',
  hostname: 'relay.example.com',
  greeting: 'printer',
  address: '192.0.2.7',
  extended: true,
  authenticated: false,
  smtpUtf8: false,
  sender: 'printer@example.com',
  recipients: [{ address: 'bob@example.com' }],
  now: Date.UTC(2026, 10, 21, 21, 55, 41),
  bareLineFeeds: 'normalise',
  nulBytes: 'refuse',
};

const COMPLETE = 'Date: x\r\nMessage-ID: <1@x>\r\nFrom: a@example.com\r\n';

interface Taken {
  readonly output: Buffer;
  readonly pieces: readonly Buffer[];
  readonly result: IntakeResult;
}

function takeIn(pieces: readonly Buffer[], options: Partial<IntakeOptions> = {}): Taken {
  const intake = createIntake({ ...OPTIONS, ...options });
  const output = [...pieces.flatMap((piece) => intake.push(piece)), ...intake.end()];
  return { output: Buffer.concat(output), pieces: output, result: intake.result() };
}

/** The output behind the Received field that intake put in front. */
function content(text: string, options: Partial<IntakeOptions> = {}): string {
  const output = takeIn([Buffer.from(text, 'latin1')], options).output.toString('latin1');
  return output.replace(/^Received: .*\r\n(?:\t.*\r\n)*/, '');
}

function refusalOf(action: () => unknown): IntakeRefusal {
  try {
    action();
  } catch (error) {
    if (error instanceof IntakeRefusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** What intake does, as something that can be compared: the output, or the refusal. */
function outcome(pieces: readonly Buffer[], options: Partial<IntakeOptions> = {}): unknown {
  try {
    const { output, result } = takeIn(pieces, options);
    return { output: output.toString('latin1'), result };
  } catch (error) {
    if (error instanceof IntakeRefusal) return { refused: error.message };
    throw error;
  }
}

function split(data: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => (data.length === 0 ? 0 : cut % data.length)))].toSorted(
    (a, b) => a - b,
  );
  const pieces: Buffer[] = [];
  let start = 0;
  for (const place of [...places, data.length]) {
    pieces.push(data.subarray(start, place));
    start = place;
  }
  return pieces;
}

/** Text made of everything that matters to intake. */
const mail = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\0',
        '\r\n.\r\n',
        '\n.\n',
        '\r\n\r\n',
        ' ',
        '\t',
        ':',
        'é',
        '\x80',
      ),
      fc.constantFrom(
        'From: a@b',
        'Subject: x',
        'Bcc: c@d',
        'Date: now',
        'From a Mon 10:00:00',
        '>From x',
        'X',
      ),
      fc.string({ maxLength: 20 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

const modes = fc.record({
  bareLineFeeds: fc.constantFrom<'normalise' | 'refuse'>('normalise', 'refuse'),
  nulBytes: fc.constantFrom<'refuse' | 'remove'>('refuse', 'remove'),
});

describe('intake', () => {
  it('puts one Received field in front and leaves a complete message as it is', () => {
    const message = `${COMPLETE}Subject: hello\r\nTo: bob@example.com\r\n\r\nBody.\r\n`;
    const { output, pieces, result } = takeIn([Buffer.from(message)]);
    const text = output.toString();
    expect(text.endsWith(message)).to.equal(true);
    expect(text.slice(0, -message.length)).to.match(/;\r\n\t\w{3}, 2\d Nov 2026 [\d:]+ [+-]\d{4}\r\n$/);
    expect(text).to.match(
      /^Received: from printer \(\[192\.0\.2\.7\]\)\r\n\tby relay\.example\.com \(Postern\) /,
    );
    expect(text).to.include('with ESMTP id 0A1B2C3D4E5F6G7H\r\n\tfor <bob@example.com>;\r\n\t');
    expect(pieces[0]?.toString().endsWith('\r\n\r\n')).to.equal(true);
    expect(result).to.deep.equal({
      subject: 'hello',
      headerMessageId: '<1@x>',
      eightBit: false,
      size: output.length,
      receivedCount: 0,
    });
  });

  const additions: readonly [name: string, input: string, options: Partial<IntakeOptions>, output: RegExp][] =
    [
      [
        'Date',
        'Message-ID: <1@x>\r\nFrom: a@b\r\n\r\nx',
        {},
        /^Message-ID: <1@x>\r\nFrom: a@b\r\nDate: \w{3}, 2\d Nov 2026 .*\r\n\r\nx\r\n$/,
      ],
      [
        'Message-ID',
        'Date: x\r\nFrom: a@b\r\n\r\n',
        {},
        /^Date: x\r\nFrom: a@b\r\nMessage-ID: <0A1B2C3D4E5F6G7H@relay\.example\.com>\r\n\r\n$/,
      ],
      ['From', 'Date: x\r\nMessage-ID: <1@x>\r\n\r\n', {}, /\r\nFrom: <printer@example\.com>\r\n\r\n$/],
      [
        'From for the null sender',
        'Date: x\r\n\r\n',
        { sender: '' },
        /\r\nFrom: <postmaster@relay\.example\.com>\r\n\r\n$/,
      ],
    ];
  for (const [name, input, options, expected] of additions) {
    it(`adds a missing ${name}`, () => expect(content(input, options)).to.match(expected));
  }

  it('keeps odd fields byte for byte', () => {
    const header = `${COMPLETE}X-Odd : \x80\xff \r\n\t \r\n more\r\nto:\r\nRETURN-PATH: <x@y>\r\n`;
    expect(content(`${header}\r\nb\r\n`)).to.equal(`${header}\r\nb\r\n`);
  });

  it('recognises fields whatever their case and with space in front of the colon', () => {
    const header = 'DATE : x\r\nmessage-id: <1@x>\r\nfRoM\t: a@b\r\n\r\n';
    expect(content(header)).to.equal(header);
  });

  it('removes Bcc and Resent-Bcc with their continuation lines, in any place', () => {
    const text = `bcc: x@y,\r\n z@y\r\n${COMPLETE}Resent-Bcc: q@y\r\nTo: t@y\r\nBcc :\r\n\r\nBcc: body\r\n`;
    expect(content(text)).to.equal(`${COMPLETE}To: t@y\r\n\r\nBcc: body\r\n`);
  });

  it('gives text without a header a header and a blank line', () => {
    expect(content('Hello there\r\nsecond: line')).to.match(
      /^Date: .*\r\n.*\r\nFrom: .*\r\n\r\nHello there\r\nsecond: line\r\n$/,
    );
    expect(content(' indented\r\n')).to.match(/\r\n\r\n indented\r\n$/);
    expect(content('\r\nbody')).to.match(/^Date: .*\r\n.*\r\nFrom: .*\r\n\r\nbody\r\n$/);
    expect(content('')).to.match(/^Date: .*\r\n.*\r\nFrom: .*\r\n\r\n$/);
  });

  it('ends the header at a line that is no field', () => {
    expect(content(`${COMPLETE}not a field\r\nX: y\r\n`)).to.equal(`${COMPLETE}\r\nnot a field\r\nX: y\r\n`);
  });

  it('drops the separator line of a mailbox file', () => {
    expect(content(`From bob Mon Jan  1 10:00:00 2026\r\n${COMPLETE}\r\nx\r\n`)).to.equal(
      `${COMPLETE}\r\nx\r\n`,
    );
    expect(content(`>From bob\r\n${COMPLETE}\r\nx\r\n`)).to.equal(`${COMPLETE}\r\nx\r\n`);
    expect(content('From bob Mon Jan  1 10:00:00 2026\r\n\r\nx')).to.match(
      /^Date: .*\r\n.*\r\nFrom: .*\r\n\r\nx\r\n$/,
    );
  });

  it('keeps body text that only begins like a separator line', () => {
    expect(content('From my window I see\r\nthe sea')).to.match(
      /\r\n\r\nFrom my window I see\r\nthe sea\r\n$/,
    );
  });

  it('counts Received fields that were there, and decodes the subject for people', () => {
    const text =
      'Received: a\r\nreceived: b\r\n c\r\nSubject: =?utf-8?B?w6Q=?=\r\n =?utf-8?Q?=C3=B6_?= x\x07y\r\n\r\n';
    const { result } = takeIn([Buffer.from(text)]);
    expect(result.receivedCount).to.equal(2);
    expect(result.subject).to.equal('äö  x y');
    expect(takeIn([Buffer.from(`Subject: ${'ü'.repeat(300)}\r\n\r\n`)]).result.subject).to.equal(
      'ü'.repeat(200),
    );
  });

  it('notices bytes above 127 in header and body', () => {
    expect(takeIn([Buffer.from('X: é\r\n\r\n')]).result.eightBit).to.equal(true);
    expect(
      takeIn([Buffer.from('X: e\r\n\r\n'), Buffer.from('x'), Buffer.from('\xff', 'latin1')]).result.eightBit,
    ).to.equal(true);
    expect(takeIn([Buffer.from('X: e\r\n\r\nabc')]).result.eightBit).to.equal(false);
  });

  const smuggled = ['\n.\n', '\n.\r\n', '\r.\r', '\r.\n', '\r\n.\r', '\r\n.\n', '\r.\r\n', '\n\n.\r\r\n'];
  for (const sequence of smuggled) {
    it(`leaves no bare line end of ${JSON.stringify(sequence)}`, () => {
      for (const text of [
        `${sequence}x`,
        `${COMPLETE}\r\nx${sequence}MAIL FROM:<>`,
        `${COMPLETE}X: y${sequence}`,
      ]) {
        expect(takeIn([Buffer.from(text)]).output.toString()).not.to.match(/\r(?!\n)|(?<!\r)\n/);
        const refusal = refusalOf(() => takeIn([Buffer.from(text)], { bareLineFeeds: 'refuse' }));
        expect([refusal.code, refusal.enhanced]).to.deep.equal([550, '5.6.0']);
      }
    });
  }

  it('refuses or removes NUL', () => {
    const refusal = refusalOf(() => takeIn([Buffer.from(`${COMPLETE}\r\na\0b`)]));
    expect([refusal.code, refusal.enhanced]).to.deep.equal([550, '5.6.0']);
    expect(content(`${COMPLETE}\r\n\0a\0b\r\0\n\0`, { nulBytes: 'remove' })).to.equal(
      `${COMPLETE}\r\nab\r\n`,
    );
  });

  it('goes on refusing after a refusal', () => {
    const intake = createIntake(OPTIONS);
    const first = refusalOf(() => intake.push(Buffer.from('\0')));
    expect(refusalOf(() => intake.push(Buffer.from('Subject: x\r\n\r\n')))).to.equal(first);
    expect(refusalOf(() => intake.end())).to.equal(first);
  });

  it('refuses a header that is too large with what is added, also when it never ends', () => {
    const line = `X: ${'x'.repeat(95)}\r\n`;
    const lines = Math.floor(MAX_HEADER_SIZE / line.length);
    for (const text of [
      line.repeat(lines),
      `${line.repeat(lines)}\r\nbody`,
      'x'.repeat(10),
      `X: ${'y'.repeat(MAX_HEADER_SIZE)}`,
    ]) {
      if (text.length < 100) continue;
      for (const size of [text.length, 1000]) {
        const pieces = split(
          Buffer.from(text),
          Array.from({ length: text.length / size }, (_, index) => index * size),
        );
        const refusal = refusalOf(() => takeIn(pieces));
        expect([refusal.code, refusal.enhanced]).to.deep.equal([552, '5.3.4']);
      }
    }
    const fits = takeIn([Buffer.from(`${line.repeat(lines - 10)}\r\nbody`)]);
    expect(fits.pieces[0]?.length).to.be.greaterThan(MAX_HEADER_SIZE - 2000);
  });

  it('never holds a body back that has no header, and hands on pieces of at most a chunk', () => {
    const intake = createIntake(OPTIONS);
    expect(intake.push(Buffer.from('no header here\n'))).to.have.lengthOf(2);
    for (const piece of intake.push(Buffer.alloc(CHUNK_SIZE * 2, '\n')))
      expect(piece.length).to.be.at.most(CHUNK_SIZE);
    const long = takeIn([Buffer.alloc(1_000_000, 'x')]);
    expect(Math.max(...long.pieces.map((piece) => piece.length))).to.be.at.most(CHUNK_SIZE);
    expect(long.output.toString()).to.match(/\r\n\r\nx{1000000}\r\n$/);
  });

  it('gives the same at every split of the input', () => {
    fc.assert(
      fc.property(mail, fc.array(fc.nat(), { maxLength: 30 }), modes, (data, cuts, mode) => {
        expect(outcome(split(data, cuts), mode)).to.deep.equal(outcome([data], mode));
        const single = [...data].map((byte) => Buffer.from([byte]));
        expect(outcome(single, mode)).to.deep.equal(outcome([data], mode));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses for the same reason at every split, also at the edge of the largest header', () => {
    const filler = `X: ${'x'.repeat(95)}\r\n`.repeat(Math.floor(MAX_HEADER_SIZE / 100) - 3);
    const tail = fc.array(fc.constantFrom('\0', '\n', '\r', '\r\n', 'X: y\r\n', `Y: ${'y'.repeat(90)}\r\n`), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(tail, fc.array(fc.nat({ max: 600 }), { maxLength: 8 }), modes, (parts, cuts, mode) => {
        const data = Buffer.from(filler + parts.join(''));
        const places = cuts.map((cut) => Math.max(0, data.length - cut));
        expect(outcome(split(data, places), mode)).to.deep.equal(outcome([data], mode));
      }),
      { numRuns: 60 },
    );
  });

  it('never lets bare CR, bare LF or NUL out, and always ends in CRLF with the header first', () => {
    fc.assert(
      fc.property(mail, (data) => {
        const { output, pieces, result } = takeIn([data], { nulBytes: 'remove' });
        const text = output.toString('latin1');
        expect(text).not.to.match(/\r(?!\n)|(?<!\r)\n|\0/);
        expect(text.endsWith('\r\n')).to.equal(true);
        const header = pieces[0]?.toString('latin1') ?? '';
        expect(header.indexOf('\r\n\r\n')).to.equal(header.length - 4);
        expect(result.size).to.equal(output.length);
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing the second time but for one more Received field', () => {
    fc.assert(
      fc.property(mail, (data) => {
        const first = takeIn([data], { nulBytes: 'remove' });
        const second = takeIn([first.output], { bareLineFeeds: 'refuse' });
        expect(second.output.toString('latin1').endsWith(first.output.toString('latin1'))).to.equal(true);
        expect(second.result.receivedCount).to.equal(first.result.receivedCount + 1);
      }),
      { numRuns: 300 },
    );
  });

  it('stays linear when a header comes byte by byte', () => {
    const header = Buffer.from(`${'X-Field: value\r\n'.repeat(8000)}\r\n`);
    const started = performance.now();
    const { result } = takeIn([...header].map((byte) => Buffer.from([byte])));
    expect(result.size).to.be.greaterThan(header.length);
    expect(performance.now() - started).to.be.lessThan(2000);
  });

  it('keeps nothing of a large header but its subject and number', () => {
    const filling = `X-Field: ${'y'.repeat(900)}\r\n`.repeat(100);
    const kept = heapKept(100, (index) => {
      const header = `Subject: the subject of message ${index}\r\nMessage-ID: <message-${index}@b.example>\r\n`;
      return takeIn([Buffer.from(`${header}${filling}\r\nText\r\n`)]).result;
    });
    expect(kept, 'a hundred headers of 90 KB would be 9 MB').to.be.below(2_000_000);
  });
});
