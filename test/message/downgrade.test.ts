import { isAscii } from 'node:buffer';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { downgrade } from '../../src/message/downgrade.ts';
import { headerText, parseHeader } from '../../src/message/headers.ts';
import { splitMultipart } from '../../src/message/multipart.ts';
import { encodeBase64, encodeQuotedPrintable, hasLongLine } from '../../src/message/transfer-encoding.ts';
import { anyText } from '../support/any-text.ts';

function convert(text: string, encoding: BufferEncoding = 'utf8'): string | undefined {
  return downgrade(Buffer.from(text, encoding))?.toString('latin1');
}

function lines(...all: string[]): string {
  return `${all.join('\r\n')}\r\n`;
}

/** Decodes quoted-printable the way that RFC 2045 says, on its own. */
function decodeQuotedPrintable(text: string): Buffer {
  const joined = text.replace(/=\r\n/g, '');
  return Buffer.from(
    joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

const MULTIPART = 'Content-Type: multipart/mixed; boundary="b 1"';

describe('downgrade to seven bits', () => {
  it('returns a message that is ASCII as it is', () => {
    const message = Buffer.from(lines('Content-Transfer-Encoding: 8bit', '', 'x'.repeat(2000)));
    expect(downgrade(message)).to.equal(message);
  });

  it('makes text quoted-printable and names its charset where nobody did', () => {
    expect(convert(lines('Subject: x', '', 'Grüße = 1 '))).to.equal(
      lines(
        'Subject: x',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        'Gr=C3=BC=C3=9Fe =3D 1=20',
      ),
    );
    expect(convert(lines('Subject: x', '', 'Gr\xfc\xdfe'), 'latin1'))
      .to.include('charset=unknown-8bit')
      .and.to.include('Gr=FC=DFe');
  });

  it('leaves a content type alone that is there, and replaces the encoding in its place', () => {
    const header = ['MIME-Version: 1.0', 'content-type: text/html; charset=iso-8859-1'];
    expect(
      convert(lines(...header, 'CONTENT-TRANSFER-ENCODING: 8bit', 'X: y', '', '\xe4'), 'latin1'),
    ).to.equal(lines(...header, 'Content-Transfer-Encoding: quoted-printable', 'X: y', '', '=E4'));
  });

  it('converts only the parts that need it, and labels containers 7bit', () => {
    const message = lines(
      'MIME-Version: 1.0',
      MULTIPART,
      'Content-Transfer-Encoding: 8bit',
      '',
      'preamble ü',
      '--b 1',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      'ä',
      '--b 1 ',
      'Content-Type: application/pdf',
      'Content-Transfer-Encoding: base64',
      'X-Keep :  this',
      '',
      'JVBERi0=',
      '',
      '--b 1',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: binary',
      '',
      '\xff\xfe',
      '--b 1',
      '',
      'no header',
      '--b 1--',
      'epilogue',
    );
    expect(convert(message, 'latin1')).to.equal(
      lines(
        'MIME-Version: 1.0',
        MULTIPART,
        'Content-Transfer-Encoding: 7bit',
        '',
        'preamble ?',
        '--b 1',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        '=E4',
        '--b 1 ',
        'Content-Type: application/pdf',
        'Content-Transfer-Encoding: base64',
        'X-Keep :  this',
        '',
        'JVBERi0=',
        '',
        '--b 1',
        'Content-Type: application/octet-stream',
        'Content-Transfer-Encoding: base64',
        '',
        '//4=',
        '',
        '--b 1',
        '',
        'no header',
        '--b 1--',
        'epilogue',
      ),
    );
  });

  it('goes into attached messages, their headers included', () => {
    const inner = lines('From: "Jürgen" <j@x.y>', 'Subject: Grüße', '', 'ä');
    const result =
      convert(
        `${lines('MIME-Version: 1.0', 'Content-Type: message/rfc822', 'Content-Transfer-Encoding: 8bit', '')}${inner}`,
      ) ?? '';
    expect(result).to.include(
      'message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nFrom: =?UTF-8?B?SsO8cmdlbg==?= <j@x.y>\r\n',
    );
    expect(result).to.include('Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4\r\n');
  });

  it('takes parts of a digest for messages', () => {
    const message = lines(
      'MIME-Version: 1.0',
      'Content-Type: multipart/digest; boundary=b',
      '',
      '--b',
      '',
      'Subject: ä',
      '',
      'x',
      '--b--',
    );
    expect(convert(message)).to.include('\r\n--b\r\n\r\nSubject: =?UTF-8?B?w6Q=?=\r\n\r\nx\r\n--b--\r\n');
  });

  const fields: readonly [string, string][] = [
    ['Subject: Grüße', 'Subject: =?UTF-8?B?R3LDvMOfZQ==?='],
    ['Subject: =?utf-8?Q?=C3=A4?= ü', 'Subject: =?UTF-8?B?w6Qgw7w=?='],
    [
      'To: Jürgen <j@x.y>, k@bücher.example',
      'To: =?UTF-8?B?SsO8cmdlbg==?= <j@x.y>, <k@xn--bcher-kva.example>',
    ],
    ['Received: from x (ü) by y', 'Received: from x (??) by y'],
    ['X-Note: ä', 'X-Note: =?UTF-8?B?w6Q=?='],
    [
      'Content-Disposition: attachment; filename="Prüf 1.pdf"; size=3',
      "Content-Disposition: attachment; filename*=utf-8''Pr%C3%BCf%201.pdf; size=3",
    ],
  ];
  for (const [before, after] of fields) {
    it(`writes ${before} in ASCII`, () =>
      expect(convert(lines(before, '', 'x'))).to.equal(lines(after, '', 'x')));
  }

  const impossible: readonly [name: string, message: string][] = [
    ['signed content', lines('Content-Type: multipart/signed; boundary=b', '', '--b', '', 'ä', '--b--')],
    [
      'signed content deeper down',
      lines(
        MULTIPART,
        '',
        '--b 1',
        'Content-Type: multipart/signed; boundary=b',
        '',
        '--b',
        '',
        'ä',
        '--b--',
        '--b 1--',
      ),
    ],
    ['an address that only SMTPUTF8 carries', lines('To: jürgen@example.com', '', 'x')],
    ['a container without its boundary', lines('Content-Type: multipart/mixed', '', 'ä')],
    ['a container that says it is encoded', lines(MULTIPART, 'Content-Transfer-Encoding: base64', '', 'ä')],
    ['an unknown encoding', lines('Content-Transfer-Encoding: x-uuencode', '', 'ä')],
    ['a fragment of a message', lines('Content-Type: message/partial; id=1', '', 'ä')],
    ['more levels than anybody needs', `${'Content-Type: message/rfc822\r\n\r\n'.repeat(30)}ä\r\n`],
    ['more parts than anybody needs', `${lines(MULTIPART, '')}${'--b 1\r\n\r\nx\r\n'.repeat(2000)}ä\r\n`],
  ];
  for (const [name, message] of impossible) {
    it(`gives up on ${name}`, () => expect(convert(message)).to.equal(undefined));
  }

  it('leaves signed ASCII content alone byte for byte beside a part that is converted', () => {
    const signed = lines(
      'Content-Type: multipart/signed; boundary=b',
      '',
      '--b',
      'Content-Transfer-Encoding: 8bit',
      '',
      'x'.repeat(1200),
      '--b--',
    );
    const message = lines(MULTIPART, '', '--b 1', signed, '--b 1', '', 'ä', '--b 1--');
    expect(convert(message)).to.include(`--b 1\r\n${signed}\r\n--b 1\r\n`);
  });

  it('repairs bytes above 127 in parts that claim to be encoded', () => {
    const header = ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=iso-8859-1'];
    expect(
      convert(lines(...header, 'Content-Transfer-Encoding: quoted-printable', '', '\xe4=E4='), 'latin1'),
    ).to.include('\r\n\r\n=E4=E4=\r\n');
    expect(
      convert(lines(...header, 'Content-Transfer-Encoding: base64', '', '\xe4QUJD'), 'latin1'),
    ).to.include('\r\n\r\nQUJD\r\n');
  });

  it('shortens lines of more than 998 octets along the way', () => {
    const result = downgrade(
      Buffer.from(
        lines('MIME-Version: 1.0', MULTIPART, '', '--b 1', '', 'x'.repeat(5000), '--b 1', '', 'ä', '--b 1--'),
      ),
    );
    expect(result && hasLongLine(result)).to.equal(false);
  });

  it('answers with ASCII or not at all, whatever it gets, and a second time changes nothing', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\r\n\r\n',
        '--b',
        '--b--',
        '\r\n--b\r\n',
        'Content-Type: multipart/mixed; boundary=b\r\n',
        'Content-Type: message/rfc822\r\n',
        'From: a <b@c>',
        'Subject: ',
        'ä',
        '\xff',
        'Content-Transfer-Encoding: 8bit\r\n',
        'Content-Transfer-Encoding: base64\r\n',
      ),
      fc.string({ maxLength: 10 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.constantFrom<BufferEncoding>('latin1', 'utf8'),
        (parts, encoding) => {
          const result = downgrade(Buffer.from(parts.join(''), encoding));
          if (result === undefined) return;
          expect(isAscii(result)).to.equal(true);
          expect(downgrade(result)?.equals(result)).to.equal(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('stays linear on large and hostile messages', () => {
    const started = performance.now();
    downgrade(Buffer.from(`${lines(MULTIPART, '')}${'\r\n--b 1x'.repeat(500_000)}ä`));
    downgrade(Buffer.from(`${lines(MULTIPART, '')}${'--b 1'.repeat(500_000)}ä`));
    downgrade(Buffer.from(`${lines('Subject: x', '')}${'ä'.repeat(2_000_000)}`));
    downgrade(Buffer.from(`Subject: ${'=?a?Q?'.repeat(30_000)}ä\r\n\r\n`));
    expect(performance.now() - started).to.be.lessThan(3000);
  });
});

describe('transfer encodings', () => {
  it('quoted-printable decodes to what it was, in lines of at most 76 characters of ASCII', () => {
    const text = fc.array(
      fc.oneof(
        fc.constantFrom('\r\n', ' ', '\t', ' \r\n', '=', '\r', '\n', 'ä', 'x'.repeat(80)),
        anyText(30),
      ),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const input = Buffer.from(parts.join(''));
        const encoded = encodeQuotedPrintable(input).toString('latin1');
        expect(decodeQuotedPrintable(encoded).equals(input)).to.equal(true);
        for (const line of encoded.split('\r\n')) {
          expect(line.length).to.be.at.most(76);
          expect(line)
            .to.match(/^[\x20-\x7e\t]*$/)
            .and.not.to.match(/[ \t]$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('base64 decodes to what it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const encoded = encodeBase64(Buffer.from(bytes)).toString();
        expect(Buffer.from(encoded, 'base64').equals(Buffer.from(bytes))).to.equal(true);
        expect(encoded.split('\r\n').every((line) => line.length <= 76)).to.equal(true);
      }),
    );
  });

  it('notices lines of more than 998 octets', () => {
    for (const [length, long] of [
      [998, false],
      [999, true],
      [3000, true],
    ] as const) {
      expect(hasLongLine(Buffer.from(`a\r\n${'x'.repeat(length)}\r\nb`)), String(length)).to.equal(long);
      expect(hasLongLine(Buffer.from('x'.repeat(length))), String(length)).to.equal(long);
    }
  });
});

describe('multipart bodies', () => {
  it('are taken apart without losing a byte', () => {
    const piece = fc.constantFrom(
      '\r\n',
      '--b',
      '--b--',
      '\r\n--b\r\n',
      '\r\n--b--\r\n',
      ' ',
      'x',
      '--bc',
      '\r\n--b \t\r\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const body = Buffer.from(pieces.join(''));
        const split = splitMultipart(body, 'b', 1000);
        if (split === undefined) return;
        const all = [
          split.preamble,
          ...split.parts.flatMap((part) => [part.delimiter, part.content]),
          split.epilogue,
        ];
        expect(Buffer.concat(all).equals(body)).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('have headers that people can read after the conversion', () => {
    const result = downgrade(Buffer.from(lines('Subject: Grüße, 日本', '', 'x')));
    expect(headerText(parseHeader(result ?? Buffer.alloc(0)), 'subject')).to.equal('Grüße, 日本');
  });
});
