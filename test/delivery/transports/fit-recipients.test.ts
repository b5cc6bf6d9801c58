import { expect } from 'chai';
import * as fc from 'fast-check';
import { fitAuthor } from '../../../src/delivery/transports/api/fit-author.ts';
import { comparable, fitRecipients } from '../../../src/delivery/transports/api/fit-recipients.ts';
import { fieldValue, findFields, parseHeader, writeHeader } from '../../../src/message/headers.ts';
import { parseMailboxes } from '../../../src/message/mailbox.ts';

const header = (...lines: string[]): string =>
  `${['From: a@example.com', ...lines, 'Subject: x'].join('\r\n')}\r\n\r\n`;
const fit = (text: string, recipients: readonly string[]): string =>
  fitRecipients(Buffer.from(text), recipients).toString();

/** Everybody whom a server that reads the header would send to. */
function named(text: string): string[] {
  const parsed = parseHeader(Buffer.from(text));
  return ['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc']
    .flatMap((name) => findFields(parsed, name))
    .flatMap((field) => parseMailboxes(fieldValue(field)))
    .map((mailbox) => comparable(mailbox.address));
}

describe('recipients in the header', () => {
  const kept: readonly [string, string, string[]][] = [
    ['one recipient', header('To: Ann <ann@example.com>'), ['ann@example.com']],
    [
      'several, folded',
      header('To: Ann <ann@example.com>,\r\n bob@example.com', 'Cc: "C, D" <c@example.com>'),
      ['c@example.com', 'bob@example.com', 'ann@example.com'],
    ],
    ['letters of another case', header('To: Ann@Example.COM'), ['ann@example.com']],
    ['a domain in its own letters', header('To: ann@bücher.example'), ['ann@xn--bcher-kva.example']],
    ['encoded names', header('To: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= <ann@example.com>'), ['ann@example.com']],
    ['a quoted local part that needs no quotes', header('To: "ann"@example.com'), ['ann@example.com']],
  ];
  for (const [what, text, recipients] of kept) {
    it(`keeps every byte where it shows the recipients and nobody else: ${what}`, () => {
      expect(fit(text, recipients)).to.equal(text);
    });
  }

  const changed: readonly [string, string, string[], string][] = [
    [
      'hidden recipients go into Bcc',
      header('To: ann@example.com'),
      ['ann@example.com', 'bob@example.com'],
      'From: a@example.com\r\nTo: ann@example.com\r\nSubject: x\r\nBcc: <bob@example.com>\r\n\r\n',
    ],
    [
      'no recipient is shown at all',
      header(),
      ['ann@example.com'],
      'From: a@example.com\r\nSubject: x\r\nBcc: <ann@example.com>\r\n\r\n',
    ],
    [
      'a list without names',
      header('To: undisclosed-recipients:;'),
      ['ann@example.com'],
      'From: a@example.com\r\nTo: undisclosed-recipients:;\r\nSubject: x\r\nBcc: <ann@example.com>\r\n\r\n',
    ],
    [
      'somebody who is not in the envelope',
      header('To: Ann <ann@example.com>, Eve <eve@example.com>'),
      ['ann@example.com'],
      'From: a@example.com\r\nTo: Ann <ann@example.com>\r\nX-Original-To: Ann <ann@example.com>, Eve <eve@example.com>\r\nSubject: x\r\n\r\n',
    ],
    [
      'nobody who is in the envelope',
      header('To: eve@example.com', 'Cc: f@example.com'),
      ['ann@example.com'],
      'From: a@example.com\r\nX-Original-To: eve@example.com\r\nX-Original-Cc: f@example.com\r\nSubject: x\r\nBcc: <ann@example.com>\r\n\r\n',
    ],
    [
      'words that are no address',
      header('To: Scanner'),
      ['ann@example.com'],
      'From: a@example.com\r\nX-Original-To: Scanner\r\nSubject: x\r\nBcc: <ann@example.com>\r\n\r\n',
    ],
    [
      'an address within a name',
      header('To: "eve@example.com" <ann@example.com>'),
      ['ann@example.com'],
      'From: a@example.com\r\nTo: "eve at example.com" <ann@example.com>\r\nX-Original-To: "eve@example.com" <ann@example.com>\r\nSubject: x\r\n\r\n',
    ],
    [
      'an address within a comment',
      header('To: ann@example.com (eve@example.com)'),
      ['ann@example.com'],
      'From: a@example.com\r\nTo: "eve at example.com" <ann@example.com>\r\nX-Original-To: ann@example.com (eve@example.com)\r\nSubject: x\r\n\r\n',
    ],
    [
      'a group',
      header('To: Team: ann@example.com;'),
      ['ann@example.com'],
      'From: a@example.com\r\nTo: <ann@example.com>\r\nX-Original-To: Team: ann@example.com;\r\nSubject: x\r\n\r\n',
    ],
    [
      'fields that intake leaves',
      header('Bcc: eve@example.com', 'Resent-To: eve@example.com', 'To: ann@example.com'),
      ['ann@example.com'],
      'From: a@example.com\r\nTo: ann@example.com\r\nSubject: x\r\n\r\n',
    ],
  ];
  for (const [what, text, recipients, result] of changed) {
    it(`names the recipients and nobody else: ${what}`, () => {
      expect(fit(text, recipients)).to.equal(result);
    });
  }

  for (const [what, field, recipients] of [
    ['a sign that is invisible', 'To: \u0085ann@example.com', ['ann@example.com']],
    ['a mark in front', 'To: \ufeffann@example.com', ['ann@example.com']],
    ['a space of another width', 'To: ann@example.com\u00a0', ['ann@example.com']],
    ['a letter whose small form is another one’s', 'To: \u212aim@example.com', ['kim@example.com']],
    ['a quote that is never closed', 'To: "<ann@example.com>', ['ann@example.com']],
    ['words behind an address', 'To: <ann@example.com>everybody', ['ann@example.com']],
    ['white space in front of the colon', 'To : ann@example.com', ['ann@example.com']],
    [
      'white space in front of the colon of another field',
      'Importance : high\r\nTo: ann@example.com',
      ['ann@example.com'],
    ],
  ] as const) {
    it(`leaves nothing to guess for other programs: ${what}`, () => {
      const fitted = fit(header(field), recipients);
      const reached = fitted.split('\r\n').filter((line) => /^(?:To|Bcc): /.test(line));
      expect(reached.join(' ')).to.match(/: (?:\w+ )?<?(?:ann|kim)@example\.com>?$/);
      expect(fitted).to.not.match(/^[\w-]+\s+:/m);
    });
  }

  it('leaves nothing to guess for other programs: bytes that are no UTF-8', () => {
    const block = Buffer.from(header('To: \u00b5@example.com'), 'latin1');
    const fitted = fitRecipients(block, ['\u00b5@example.com']).toString('latin1');
    expect(fitted).to.contain('To: <\u00c2\u00b5@example.com>\r\n');
  });

  it('never leaves a recipient out and never names anybody else, whatever the header says', () => {
    const address = fc
      .tuple(
        fc.constantFrom('ann', 'Bob', 'c.d', '"e f"', 'g+h'),
        fc.constantFrom('example.com', 'Example.NET'),
      )
      .map(([local, domain]) => `${local}@${domain}`);
    const written = fc.oneof(
      address,
      address.map((each) => `Name <${each}>`),
      fc.tuple(address, address).map(([one, other]) => `"${one}" <${other}>`),
      fc.tuple(address, address).map(([one, other]) => `${one} (${other})`),
      fc.tuple(address, address).map(([one, other]) => `Team: ${one}, ${other};`),
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, '')),
    );
    const field = fc
      .tuple(
        fc.constantFrom('To', 'Cc', 'TO', 'Resent-To', 'Bcc', 'X-To'),
        fc.array(written, { maxLength: 4 }),
      )
      .map(([name, values]) => `${name}: ${values.join(', ')}`);
    fc.assert(
      fc.property(
        fc.array(field, { maxLength: 4 }),
        fc.uniqueArray(address, { minLength: 1, maxLength: 5, selector: comparable }),
        (fields, recipients) => {
          const fitted = fit(header(...fields), recipients);
          const wanted = new Set(recipients.map(comparable));
          expect(new Set(named(fitted))).to.deep.equal(wanted);
          expect(fit(fitted, recipients)).to.equal(fitted);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads no more of an endless field than it can be sure of', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `u${index}@example.com`);
    const fitted = fit(header(`To: ${many.join(', ')}`), many);
    expect(named(fitted.replace(/^To:/m, 'X:'))).to.not.include('u4999@example.com');
    expect(fitted).to.match(/^X-Original-To: /m);
  });
});

const author = (line: string): string =>
  writeHeader(fitAuthor(parseHeader(Buffer.from(`${line}\r\nSubject: x\r\n\r\n`))))
    .toString()
    .split('\r\nSubject')[0] ?? '';

describe('authors in the header', () => {
  const rows: readonly [string, string][] = [
    ['From: Ann <ann@example.com>', 'From: Ann <ann@example.com>'],
    ['From: "ann@example.com" <ann@example.com>', 'From: <ann@example.com>'],
    ['From: "Ann @ Work" <ann@example.com>', 'From: Ann at Work <ann@example.com>'],
    ['From: =?utf-8?Q?Ann_=40_Work?= <ann@example.com>', 'From: Ann at Work <ann@example.com>'],
    ['Sender: "x@y.example" <ann@example.com>', 'Sender: "x at y.example" <ann@example.com>'],
  ];
  for (const [given, result] of rows) {
    it(`takes what Graph refuses out of the name: ${given}`, () => expect(author(given)).to.equal(result));
  }
});
