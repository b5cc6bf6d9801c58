import { expect } from 'chai';
import * as fc from 'fast-check';
import { formatMailbox, parseMailboxes } from '../../src/message/mailbox.ts';
import { anyText } from '../support/any-text.ts';

function read(value: string): [string, string, boolean][] {
  return parseMailboxes(value).map((mailbox) => [mailbox.name, mailbox.address, mailbox.valid]);
}

describe('mailboxes', () => {
  const cases: readonly [string, [string, string, boolean][]][] = [
    ['a@example.com', [['', 'a@example.com', true]]],
    ['Bob <b@Example.COM>', [['Bob', 'b@example.com', true]]],
    [
      '"Doe, John" <j@x.y>, k@x.y (Kate (K) \\) )',
      [
        ['Doe, John', 'j@x.y', true],
        ['Kate (K) )', 'k@x.y', true],
      ],
    ],
    ['=?utf-8?B?SsO8cmdlbg==?= <j@x.y>', [['Jürgen', 'j@x.y', true]]],
    ['"=?utf-8?B?SsO8cmdlbg==?=" <j@x.y>', [['Jürgen', 'j@x.y', true]]],
    [
      'Team: a@x.y, B <b@x.y>;, c@x.y',
      [
        ['', 'a@x.y', true],
        ['B', 'b@x.y', true],
        ['', 'c@x.y', true],
      ],
    ],
    ['undisclosed-recipients:;', []],
    ['"john doe"@x.y', [['', '"john doe"@x.y', true]]],
    ['<"a>b"@x.y>', [['', '"a>b"@x.y', true]]],
    ['<@relay.x,@b.y:user@x.y>', [['', 'user@x.y', true]]],
    ['a@[IPv6:2001:db8::1]', [['', 'a@[IPv6:2001:db8::1]', true]]],
    ['j@bücher.example', [['', 'j@xn--bcher-kva.example', true]]],
    ['O"Brien <ob@x.y>', [['O"Brien', 'ob@x.y', true]]],
    ['Scanner (2nd floor <s@x.y>', [['Scanner (2nd floor', 's@x.y', true]]],
    ['Scanner <s@x.y', [['Scanner', 's@x.y', true]]],
    ['scanner', [['', 'scanner', false]]],
    ['Scanner <>', [['Scanner', '', false]]],
    ['<>', []],
    [' , ;, ', []],
  ];
  for (const [value, expected] of cases) {
    it(`reads ${JSON.stringify(value)}`, () => expect(read(value)).to.deep.equal(expected));
  }

  it('writes what it reads back as the same', () => {
    for (const name of [
      '',
      'Bob',
      'Doe, "J"',
      'Jürgen @ home',
      '\\',
      'x =?utf-8?Q?a?=',
      '日本語'.repeat(20),
    ]) {
      const text = formatMailbox({ name, address: 'a.b@example.com' });
      expect(text).to.match(/^[\x20-\x7e]+$/);
      expect(read(text)).to.deep.equal([[name, 'a.b@example.com', true]]);
    }
  });

  it('survives any text, and what it writes is one mailbox', () => {
    const odd = fc.array(
      fc.oneof(fc.constantFrom('"', '<', '>', '(', ')', '\\', ',', ':', '[', '@', '=?', '\r\n'), anyText(5)),
    );
    fc.assert(
      fc.property(odd, odd, (name, value) => {
        parseMailboxes(value.join(''));
        const written = formatMailbox({ name: name.join(''), address: 'a@x.y' });
        expect(parseMailboxes(written).map((mailbox) => mailbox.address)).to.deep.equal(['a@x.y']);
      }),
      { numRuns: 500 },
    );
  });

  it('stays linear on text made to be slow', () => {
    const started = performance.now();
    for (const piece of ['"', '<', '(', '[', '\\"', '"\\', '<"', '(\\', ',', 'a@b,', '\\']) {
      parseMailboxes(`"${piece.repeat(65_000)}`);
      parseMailboxes(`<"${piece.repeat(65_000)}`);
      parseMailboxes(piece.repeat(65_000));
    }
    expect(performance.now() - started).to.be.lessThan(3000);
  });
});
