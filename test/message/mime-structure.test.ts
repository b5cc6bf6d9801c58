import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseParameters } from '../../src/message/content-type.ts';
import { createMimeScanner, type MimePart } from '../../src/message/mime-structure.ts';
import { parameterText } from '../../src/message/parameter-text.ts';
import { createTransferDecoder } from '../../src/message/transfer-decoding.ts';

function scan(message: string, cuts: readonly number[] = []): MimePart | undefined {
  const scanner = createMimeScanner();
  const bytes = Buffer.from(message, 'latin1');
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted(
    (one, other) => one - other,
  );
  let start = 0;
  for (const place of [...places, bytes.length]) {
    scanner.push(bytes.subarray(start, place));
    start = place;
  }
  return scanner.end();
}

/** Type and content of each part, nested. */
function shape(part: MimePart | undefined, message: string): unknown {
  if (part === undefined) return undefined;
  if (part.parts.length > 0) return [part.type.value, part.parts.map((each) => shape(each, message))];
  return [part.type.value, message.slice(part.start, part.end)];
}

const lines = (...all: string[]): string => all.join('\r\n');
const NESTED = lines(
  'Subject: x',
  'Content-Type: multipart/mixed; boundary="a b"',
  '',
  'preamble --a b',
  '--a b',
  'Content-Type: multipart/alternative; boundary=ab',
  '',
  '--ab  ',
  '',
  'plain',
  '--abc is text',
  '-- ',
  '--ab',
  'Content-Type: text/html',
  '',
  '',
  '--ab--',
  'epilogue',
  '--a b',
  'Content-Type: image/png',
  'Content-Transfer-Encoding: BASE64',
  '--a b',
  '',
  'last',
  '--a b--',
  'end',
  '',
);
const NESTED_SHAPE = [
  'multipart/mixed',
  [
    [
      'multipart/alternative',
      [
        ['text/plain', 'plain\r\n--abc is text\r\n-- '],
        ['text/html', ''],
      ],
    ],
    ['image/png', ''],
    ['text/plain', 'last'],
  ],
];

describe('MIME structure', () => {
  const rows: readonly [string, string, unknown][] = [
    ['a message without MIME', lines('Subject: x', '', 'one', 'two', ''), ['text/plain', 'one\r\ntwo\r\n']],
    ['a message without a body', lines('Subject: x', ''), ['text/plain', '']],
    ['a file alone', lines('Content-Type: application/pdf', '', 'JVBERi0='), ['application/pdf', 'JVBERi0=']],
    ['parts within parts', NESTED, NESTED_SHAPE],
    [
      'a boundary that never comes',
      lines('Content-Type: multipart/mixed; boundary=x', '', 'text', ''),
      ['multipart/mixed', 'text\r\n'],
    ],
    [
      'an end that never comes',
      lines('Content-Type: multipart/mixed; boundary=x', '', '--x', '', 'text', ''),
      ['multipart/mixed', [['text/plain', 'text\r\n']]],
    ],
    [
      'an inner part that the outer boundary ends',
      lines(
        'Content-Type: multipart/mixed; boundary=x',
        '',
        '--x',
        'Content-Type: multipart/mixed; boundary=y',
        '',
        '--y',
        '',
        'in',
        '--x',
        '',
        'out',
        '--x--',
        '',
      ),
      [
        'multipart/mixed',
        [
          ['multipart/mixed', [['text/plain', 'in']]],
          ['text/plain', 'out'],
        ],
      ],
    ],
    [
      'a digest',
      lines('Content-Type: multipart/digest; boundary=x', '', '--x', '', 'Subject: y', '', 'z', '--x--', ''),
      ['multipart/digest', [['message/rfc822', 'Subject: y\r\n\r\nz']]],
    ],
  ];
  for (const [what, message, expected] of rows) {
    it(`finds the parts of ${what}`, () => expect(shape(scan(message), message)).to.deep.equal(expected));
  }

  it('is the same at every split', () => {
    const text = fc
      .array(
        fc.constantFrom(
          '--x',
          '--x--',
          '--y',
          '',
          'text',
          '-',
          'Content-Type: multipart/mixed; boundary=y',
          'A: b',
        ),
        { maxLength: 15 },
      )
      .map((body) => lines('Content-Type: multipart/mixed; boundary=x', '', ...body, ''));
    fc.assert(
      fc.property(
        fc.oneof(text, fc.constant(NESTED)),
        fc.array(fc.nat(1000), { maxLength: 20 }),
        (message, cuts) => {
          expect(shape(scan(message, cuts), message)).to.deep.equal(shape(scan(message), message));
        },
      ),
    );
    const all = Array.from({ length: NESTED.length }, (_, index) => index);
    expect(shape(scan(NESTED, all), NESTED)).to.deep.equal(NESTED_SHAPE);
  });

  it('is not found where it is too deep, has too many parts or endless headers', () => {
    const deep = Array.from(
      { length: 12 },
      (_, index) => `Content-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}\r\n`,
    ).join('');
    expect(scan(`${deep}\r\nx`)).to.equal(undefined);
    expect(scan(`Content-Type: multipart/mixed; boundary=x\r\n\r\n${'--x\r\n\r\n'.repeat(201)}`)).to.equal(
      undefined,
    );
    expect(
      scan(`Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n${'A: b\r\n'.repeat(100_000)}`),
    ).to.equal(undefined);
    expect(
      scan(`Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nA: ${'b'.repeat(500_000)}\r\n`),
    ).to.equal(undefined);
  });

  it('is found quickly in what is made to be slow', () => {
    const started = performance.now();
    const slow = [
      '--x'.repeat(300_000),
      '-\r\n'.repeat(300_000),
      '--\r\n'.repeat(250_000),
      '\n'.repeat(1_000_000),
    ];
    for (const body of slow) scan(`Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n${body}`);
    expect(performance.now() - started).to.be.below(3000);
  });
});

function decode(encoding: string, text: string, cuts: readonly number[] = []): string {
  const decoder = createTransferDecoder(encoding);
  if (decoder === undefined) return 'unknown';
  const bytes = Buffer.from(text, 'latin1');
  const pieces: Buffer[] = [];
  let start = 0;
  for (const cut of [
    ...cuts.map((each) => each % (bytes.length + 1)).toSorted((one, other) => one - other),
    bytes.length,
  ]) {
    pieces.push(decoder.push(bytes.subarray(start, cut)));
    start = cut;
  }
  return Buffer.concat([...pieces, decoder.end()]).toString('latin1');
}

describe('transfer encodings', () => {
  const rows: readonly [string, string, string][] = [
    ['7bit', 'a=20\r\n', 'a=20\r\n'],
    ['base64', 'SGVs\r\nbG8=\r\n', 'Hello'],
    ['base64', 'SGVs bG8', 'Hello'],
    ['base64', 'SGU=bGxv', 'Hello'],
    ['base64', '=', ''],
    ['quoted-printable', 'a=20b =\r\nc\t \r\nd=3D=', 'a b c\r\nd='],
    ['quoted-printable', 'a=ZZ=4', 'a=ZZ=4'],
    ['quoted-printable', '==\r\naa\r\n', '=aa\r\n'],
    ['quoted-printable', '=C3=BC\nx', '\xc3\xbc\nx'],
    ['x-uuencode', 'x', 'unknown'],
  ];
  for (const [encoding, text, result] of rows) {
    it(`${encoding}: ${JSON.stringify(text)}`, () => expect(decode(encoding, text)).to.equal(result));
  }

  it('are taken off the same way at every split', () => {
    const text = fc
      .array(fc.constantFrom('=', '3D', 'a', 'Z', ' ', '\t', '\r\n', '=\r\n', '+/', 'QUJD'), {
        maxLength: 30,
      })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(
        fc.constantFrom('base64', 'quoted-printable', '8bit'),
        text,
        fc.array(fc.nat(100), { maxLength: 10 }),
        (encoding, body, cuts) => {
          expect(decode(encoding, body, cuts)).to.equal(decode(encoding, body));
        },
      ),
    );
  });

  it('are taken off quickly where that is made to be slow', () => {
    const started = performance.now();
    for (const unit of [' ', '=', '\t\r', '= ', '=\r\n', 'a']) {
      for (const encoding of ['base64', 'quoted-printable']) {
        const cuts = Array.from({ length: 15 }, (_, index) => (index + 1) * 65_536);
        decode(encoding, unit.repeat(Math.floor(1_000_000 / unit.length)), cuts);
      }
    }
    expect(performance.now() - started).to.be.below(3000);
  });
});

describe('the text of parameters', () => {
  const rows: readonly [string, string][] = [
    ['attachment; filename=a.pdf', 'a.pdf'],
    ['attachment; filename="a b.pdf"', 'a b.pdf'],
    ['attachment; filename="=?utf-8?Q?b=C3=BCro.pdf?="', 'büro.pdf'],
    ["attachment; filename*=utf-8''b%C3%BCro.pdf; filename=buro.pdf", 'büro.pdf'],
    ["attachment; filename*=iso-8859-1'de'b%FCro.pdf", 'büro.pdf'],
    ["attachment; filename*0*=utf-8''b%C3; filename*1*=%BCro; filename*2=.pdf", 'büro.pdf'],
    ['attachment; filename*0=one; filename*1=two; filename*3=four', 'onetwo'],
    ['attachment', ''],
    ["attachment; filename*=utf-8''a%0D%0AB%00c", 'a B c'],
  ];
  for (const [value, text] of rows) {
    it(`of ${value}`, () => expect(parameterText(parseParameters(value), 'filename')).to.equal(text));
  }
});
