import { expect } from 'chai';
import { array, assert, asyncProperty, constantFrom, integer, oneof, string } from 'fast-check';
import { createDissecting } from '../../src/inbox/dissect.ts';
import { TEXT_LIMIT } from '../../src/inbox/limits.ts';
import type { Dissection, Wanted } from '../../src/inbox/protocol.ts';

const PIECE = 256 * 1024;

/** What the thread does, in this one. */
async function dissect(
  message: string | Buffer,
  wanted: Wanted = 'content',
  piece = PIECE,
): Promise<Dissection> {
  const bytes = Buffer.isBuffer(message) ? message : Buffer.from(message, 'latin1');
  const dissecting = createDissecting(wanted);
  for (let looks = 0; looks < 2; looks += 1) {
    for (let at = 0; at < bytes.length; at += piece) dissecting.push(bytes.subarray(at, at + piece));
    const reply = await dissecting.end();
    if (reply.kind === 'done') return reply.dissection;
  }
  throw new Error('not done after two looks');
}

function multipart(kind: string, ...parts: readonly string[]): string {
  return `Content-Type: multipart/${kind}; boundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;
}

function nested(depth: number, inner: string): string {
  const levels = Array.from(
    { length: depth },
    (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
  );
  return levels.join('') + inner;
}

const HTML = 'Content-Type: text/html; charset=utf-8\r\n\r\n';

describe('a message taken apart', () => {
  const texts: readonly [what: string, message: string, text: string][] = [
    ['plain text', 'Subject: x\r\n\r\nlow\r\n', 'low\n'],
    ['text without a header', '\r\nlow', 'low'],
    [
      'quoted-printable in Latin 1',
      'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe',
      'Grüße',
    ],
    [
      'base64 in UTF-8',
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from('Grüße').toString('base64')}`,
      'Grüße',
    ],
    [
      'Japanese in ISO-2022-JP',
      'Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B$3$s\x1b(B',
      'こん',
    ],
    ['bytes that say nothing of themselves', '\r\nGr\xfc\xdfe', 'Grüße'],
    ['UTF-8 that says nothing of itself', '\r\nGr\xc3\xbc\xc3\x9fe', 'Grüße'],
    [
      'a character set that nobody knows',
      'Content-Type: text/plain; charset="x-\x00\'evil"\r\n\r\nlow',
      'low',
    ],
    [
      'UTF-7 as the letters that it is written in',
      'Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-script+AD4-',
      '+ADw-script+AD4-',
    ],
    ['wrapped lines', 'Content-Type: text/plain; format=flowed\r\n\r\none \r\ntwo\r\n', 'one two'],
    ['the text of alternatives', multipart('alternative', `\r\nplain`, `${HTML}<b>rich</b>`), 'plain'],
    [
      'HTML alone, without its tags',
      `${HTML}<h1>Toner</h1><p>is <b>low</b></p><script>x()</script>`,
      'TONER\n\nis low',
    ],
    [
      'two texts around a picture',
      multipart('mixed', '\r\none', 'Content-Type: image/png\r\n\r\nx', '\r\ntwo'),
      'one\n\ntwo',
    ],
    ['control characters as spaces', '\r\na\x1b[31mb\x07c', 'a [31mb c'],
    ['text in a transfer encoding that nobody knows', 'Content-Transfer-Encoding: x-zip\r\n\r\nlow', 'low'],
  ];
  for (const [what, message, text] of texts) {
    it(`reads ${what}`, async () => {
      expect(await dissect(message)).to.include({ text, incomplete: false });
    });
  }

  it('names the files with type and size, and tells those inside from those beside', async () => {
    const { files, text } = await dissect(
      multipart(
        'mixed',
        '\r\nsee below',
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\nREVG',
        'Content-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\n12345',
        "Content-Type: text/plain; name*=utf-8''gr%C3%BC%C3%9Fe.txt\r\n\r\nabc",
        'Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx',
      ),
    );
    expect(text).to.equal('see below');
    expect(
      files.map(({ contentType, fileName, size, inline }) => [contentType, fileName, size, inline]),
    ).to.deep.equal([
      ['application/pdf', 'a.pdf', 6, false],
      ['image/png', undefined, 5, true],
      ['text/plain', 'grüße.txt', 3, false],
      ['message/rfc822', undefined, 19, false],
    ]);
  });

  it('finds the same parts at a first look alone, in the same order', async () => {
    const message = multipart(
      'mixed',
      '\r\nx',
      'Content-Type: image/png\r\n\r\ny',
      'Content-Type: a/b\r\n\r\nz',
    );
    const [once, twice] = [await dissect(message, 'leaves'), await dissect(message)];
    expect(once.files.map(({ start, end }) => [start, end])).to.deep.equal(
      twice.files.map(({ start, end }) => [start, end]),
    );
  });

  it('shows pictures of the message inside its HTML, and no others', async () => {
    const { page } = await dissect(
      multipart(
        'related',
        `${HTML}<img src="cid:logo@x"><img src="cid:none"><img src="cid:svg">`,
        'Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==',
        'Content-Type: image/svg+xml\r\nContent-ID: <svg>\r\n\r\n<svg onload=x()>',
      ),
      'html',
    );
    expect(page).to.contain(
      '<img src="data:image/png;base64,iVBORw=="><img src="cid:none"><img src="cid:svg">',
    );
  });

  it('decodes HTML before it is shown, by the character set that it names', async () => {
    const head = '<meta charset="iso-8859-15">';
    const { page } = await dissect(`Content-Type: text/html\r\n\r\n${head}\xa4 <b>5</b>`, 'html');
    expect(page).to.contain('€ <b>5</b>');
  });

  const hostile: readonly [what: string, message: string | Buffer, expected: Partial<Dissection>][] = [
    ['nothing at all', '', { incomplete: false }],
    [
      '10,000 parts',
      multipart('mixed', ...Array.from({ length: 10_000 }, () => 'Content-Type: a/b\r\n\r\nx')),
      { incomplete: true },
    ],
    ['parts 5,000 deep', nested(5000, '\r\nx'), { incomplete: true }],
    ['parts 100 deep', nested(100, '\r\ndeep'), { incomplete: false, text: 'deep' }],
    [
      'the header of a part without an end',
      multipart('mixed', `X: ${'y'.repeat(600_000)}`),
      { incomplete: true },
    ],
    [
      'an empty boundary',
      'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx',
      { incomplete: false },
    ],
    [
      'a boundary that is never met',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\nx',
      { incomplete: false },
    ],
    [
      'a part inside itself',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n',
      {},
    ],
    ['broken base64', 'Content-Transfer-Encoding: base64\r\n\r\n====QQ==A=\xff', { incomplete: false }],
    ['HTML that is nested without an end', HTML + '<b>'.repeat(150_000), { incomplete: true, text: '' }],
    [
      '20 MB of text',
      Buffer.concat([Buffer.from('\r\n'), Buffer.alloc(20 * 1024 * 1024, 'a line of text\r\n')]),
      { incomplete: true },
    ],
    [
      '21 texts: the last one is a file',
      multipart('mixed', ...Array.from({ length: 21 }, () => '\r\nx')),
      { incomplete: false },
    ],
  ];
  for (const [what, message, expected] of hostile) {
    it(`survives ${what}`, async function survives() {
      this.timeout(10_000);
      const dissection = await dissect(message);
      expect(dissection).to.include(expected);
      expect(dissection.files.length).to.be.at.most(1000);
      expect(dissection.text?.length ?? 0).to.be.at.most(TEXT_LIMIT + 100);
    });
  }

  it('is total, bounded and the same at every split of the input', async function total() {
    this.timeout(15_000);
    const piece = constantFrom(
      'Content-Type: multipart/mixed; boundary=b\r\n',
      'Content-Type: text/html; charset=utf-16\r\n',
      'Content-Type: text/plain; charset="',
      'Content-Transfer-Encoding: base64\r\n',
      'Content-Transfer-Encoding: quoted-printable\r\n',
      'Content-ID: <a>\r\n',
      '\r\n--b\r\n',
      '\r\n--b--\r\n',
      '\r\n\r\n',
      '=\r\n',
      '<a href="cid:a">',
      '\0',
      '\xff\xfe',
    );
    const message = array(oneof(piece, string()), { maxLength: 40 }).map((pieces) => pieces.join(''));
    await assert(
      asyncProperty(message, integer({ min: 1, max: 50 }), async (text, size) => {
        for (const wanted of ['content', 'html', 'leaves'] as const) {
          const whole = await dissect(text, wanted);
          expect(await dissect(text, wanted, size)).to.deep.equal(whole);
          expect(JSON.stringify(whole).length).to.be.below(20_000 + 20 * text.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});
