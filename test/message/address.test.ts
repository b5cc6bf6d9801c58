import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  addressLiteral,
  displayAddress,
  headerAddress,
  needsSmtpUtf8,
  normaliseAddress,
  normaliseDomain,
  parseAddress,
} from '../../src/message/address.ts';
import { anyText } from '../support/any-text.ts';

const longLocal = 'l'.repeat(64);

describe('addresses', () => {
  const good: readonly [string, string][] = [
    ['a@example.com', 'a@example.com'],
    ['A.b+c@EXAMPLE.Com', 'A.b+c@example.com'],
    ['"a b"@example.com', '"a b"@example.com'],
    ['"a@b"@example.com', '"a@b"@example.com'],
    ['a@localhost', 'a@localhost'],
    ['a@[192.0.2.1]', 'a@[192.0.2.1]'],
    ['a@[IPv6:2001:db8::1]', 'a@[IPv6:2001:db8::1]'],
    ['a@bücher.example', 'a@xn--bcher-kva.example'],
    ['ü@example.com', 'ü@example.com'],
    ['a@host_name.example', 'a@host_name.example'],
    [`${longLocal}@example.com`, `${longLocal}@example.com`],
  ];
  for (const [text, expected] of good) {
    it(`takes ${text}`, () => expect(normaliseAddress(text)).to.equal(expected));
  }

  const bad = [
    '',
    'a',
    '@example.com',
    'a@',
    'a@@b.c',
    'a b@c.d',
    'a.@b.c',
    '.a@b.c',
    'a..b@c.d',
    'a@b..c',
    'a@-b.c',
    'a@b.c.',
    'a@[1.2.3]',
    'a@[IPv6:1::2::3]',
    'a@b,c',
    'a<b@c.d',
    'a@c.d>',
    'a\r\n@c.d',
    'a@c.d\r\nRCPT',
    '"a\r\n"@c.d',
    'a\0@c.d',
    `${longLocal}l@example.com`,
    `a@${'b'.repeat(64)}.com`,
    `a@${'bb.'.repeat(90)}com`,
    `${'ü'.repeat(33)}@example.com`,
    '"a"b"@c.d',
    'a\ud800@c.d',
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text).slice(0, 40)}`, () => expect(parseAddress(text)).to.equal(undefined));
  }

  it('takes odd addresses of devices where that is allowed, but nothing that could break out', () => {
    expect(normaliseAddress('ilo.@example.com', { odd: true })).to.equal('ilo.@example.com');
    expect(normaliseAddress('a..b@example.com', { odd: true })).to.equal('a..b@example.com');
    expect(normaliseAddress('root', { odd: true })).to.equal('root');
    for (const text of ['a b@c.d', 'a\r@c.d', '<a@c.d', 'a>@c.d', 'a@c d', '']) {
      expect(parseAddress(text, { odd: true }), text).to.equal(undefined);
    }
  });

  it('normalises domains', () => {
    expect(normaliseDomain('EXAMPLE.com')).to.equal('example.com');
    expect(normaliseDomain('münchen.de')).to.equal('xn--mnchen-3ya.de');
    expect(normaliseDomain('1．1．1．1')).to.equal(undefined);
    expect(normaliseDomain('a/b')).to.equal(undefined);
    expect(normaliseDomain('ü/b')).to.equal(undefined);
    expect(displayAddress('a@xn--mnchen-3ya.de')).to.equal('a@münchen.de');
    expect(needsSmtpUtf8('ü@x.y')).to.equal(true);
  });

  it('writes address literals', () => {
    expect(addressLiteral('192.0.2.1')).to.equal('[192.0.2.1]');
    expect(addressLiteral('::ffff:192.0.2.1')).to.equal('[192.0.2.1]');
    expect(addressLiteral('fe80::1%eth0')).to.equal('[IPv6:fe80::1]');
    expect(addressLiteral('x\r\n')).to.equal('[unknown]');
  });

  it('never answers with an address that could end a command or a field, and is stable', () => {
    const text = fc.oneof(
      anyText(40),
      fc
        .array(fc.constantFrom('a', '.', '@', '"', '\\', '<', '>', '\r\n', ' ', 'ü', '[', ']', '\0', 'b.c'), {
          maxLength: 12,
        })
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, fc.boolean(), (value, odd) => {
        const normal = normaliseAddress(value, { odd });
        if (normal !== undefined) {
          expect(normal).not.to.match(/\p{Cc}/u);
          expect(normal.replace(/^".*"/s, '')).not.to.match(/[<> ]/);
          expect(Buffer.byteLength(normal)).to.be.at.most(254);
          expect(normaliseAddress(normal, { odd })).to.equal(normal);
        }
        expect(headerAddress(value)).not.to.match(/\p{Cc}/u);
      }),
      { numRuns: 1000 },
    );
  });
});
