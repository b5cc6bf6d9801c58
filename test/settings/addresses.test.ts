import { expect } from 'chai';
import { asciiDomain, goesInClear, isLoopback, isMailAddress } from '../../src/settings/addresses.ts';

describe('isMailAddress', () => {
  const good = [
    'relay@example.com',
    'printer@localhost',
    'scanner.2nd-floor+x@sub.example.co',
    "o'neil&sons@example.com",
    'a@b',
    'postmaster@[192.0.2.1]',
    'postmaster@[IPv6:2001:db8::1]',
    '"John Doe"@example.com',
    'jürgen@bücher.example',
    'relay@xn--bcher-kva.example',
    'device_1@my_host.lan',
    '用户@例子.广告',
  ];
  const bad = [
    '',
    'relay',
    '@example.com',
    'relay@',
    'a b@example.com',
    'a@b@example.com',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    'a@exa mple.com',
    'a@-example.com',
    'a@example..com',
    'a@192.0.2.1',
    'a@[999.0.2.1]',
    'a@example.com\r\nRCPT TO:<x@y>',
    'a@example.com>',
    '<a@example.com>',
    'Name <a@example.com>',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(64)}.com`,
    '"a\nb"@example.com',
  ];
  for (const address of good) it(`accepts ${address}`, () => expect(isMailAddress(address)).to.equal(true));
  for (const address of bad) {
    it(`refuses ${JSON.stringify(address).slice(0, 40)}`, () =>
      expect(isMailAddress(address)).to.equal(false));
  }
});

describe('asciiDomain', () => {
  it('keeps what DNS knows and refuses what it cannot hold', () => {
    expect(asciiDomain('Example.COM')).to.equal('example.com');
    expect(asciiDomain('my_host')).to.equal('my_host');
    expect(asciiDomain('bücher.example')).to.equal('xn--bcher-kva.example');
    for (const text of ['', '.', 'a..b', 'a/b', 'a:25', '[::1]', 'a%b', `${'a.'.repeat(130)}b`]) {
      expect(asciiDomain(text), text).to.equal(undefined);
    }
  });
});

describe('isLoopback', () => {
  it('knows this machine in every spelling, and nobody else', () => {
    for (const host of [
      'localhost',
      'LOCALHOST.',
      'a.localhost',
      '127.0.0.1',
      '127.9.9.9',
      '::1',
      '0:0::1',
      '::ffff:127.0.0.1',
    ]) {
      expect(isLoopback(host), host).to.equal(true);
    }
    for (const host of [
      'localhost.example.com',
      '128.0.0.1',
      '::',
      '0.0.0.0',
      '::ffff:10.0.0.1',
      '127.example.com',
    ]) {
      expect(isLoopback(host), host).to.equal(false);
    }
  });
});

describe('an address that goes over the network in clear', () => {
  for (const [address, clear] of [
    ['http://vault.example.com:8200', true],
    ['http://192.0.2.1/', true],
    ['http://127.0.0.1.example.com/', true],
    ['https://vault.example.com:8200', false],
    ['http://localhost:8200', false],
    ['http://[::1]:8200/', false],
  ] as const) {
    it(`is ${clear ? '' : 'not '}${address}`, () => expect(goesInClear(new URL(address))).to.equal(clear));
  }
});
