import { BlockList } from 'node:net';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { addressBits, NetworkTable, plainAddress, sourceKey } from '../../src/inbound/networks.ts';
import { createPolicy, senderRefusal, strangerRefusal } from '../../src/inbound/policy.ts';
import { wireText } from '../../src/inbound/replies.ts';
import { settingsSchema } from '../../src/settings/schema.ts';

function bits(address: string) {
  const found = addressBits(address);
  if (found === undefined) throw new Error(`${address} is no address`);
  return found;
}

const settings = settingsSchema.parse({
  clients: [
    { name: 'everybody', networks: ['10.0.0.0/8', '::/0'], senders: ['*'] },
    { name: 'floor', networks: ['10.1.0.0/16', '10.9.9.9'], senders: ['@Example.com', 'Scan@Other.example'] },
    { name: 'printer', networks: ['10.1.2.3'], senders: ['printer@example.com', '<>'] },
    { name: 'late', networks: ['10.1.2.3/32'], senders: ['*'] },
    { name: 'mapped', networks: ['::ffff:192.0.2.0/120'], senders: ['@bücher.example'] },
    { name: 'site', networks: ['2001:db8::/32', 'fe80::/10'], senders: [] },
  ],
  users: [{ name: 'scanner', password: { env: 'X' }, senders: ['scanner@example.com'] }],
});

describe('the policy', () => {
  const policy = createPolicy(settings);

  for (const [address, expected] of [
    ['10.200.0.1', 'everybody'],
    ['10.1.99.1', 'floor'],
    ['10.9.9.9', 'floor'],
    ['10.1.2.3', 'printer'],
    ['::ffff:10.1.2.3', 'printer'],
    ['::ffff:a01:203', 'printer'],
    ['192.0.2.77', 'mapped'],
    ['192.0.3.1', undefined],
    ['11.0.0.1', undefined],
    ['2001:db8:1::1', 'site'],
    ['2001:DB8:0:0:0:0:0:1', 'site'],
    ['fe80::1%eth0', 'site'],
    ['2001:db9::1', 'everybody'],
    ['::1', 'everybody'],
  ] as const) {
    it(`takes ${address} for ${expected ?? 'a stranger'}`, () => {
      expect(policy.byAddress(bits(address))?.name).to.equal(expected);
    });
  }

  for (const [client, sender, allowed] of [
    ['10.200.0.1', 'anyone@anywhere.example', true],
    ['10.200.0.1', '', true],
    ['10.1.99.1', 'a@example.com', true],
    ['10.1.99.1', 'SCAN@other.example', true],
    ['10.1.99.1', 'a@sub.example.com', false],
    ['10.1.99.1', 'a@notexample.com', false],
    ['10.1.99.1', 'other@other.example', false],
    ['10.1.99.1', '', false],
    ['10.1.2.3', 'printer@example.com', true],
    ['10.1.2.3', '', true],
    ['10.1.2.3', '"@example.com"@evil.example', false],
    ['192.0.2.1', 'a@xn--bcher-kva.example', true],
    ['2001:db8::1', 'a@example.com', false],
  ] as const) {
    it(`${allowed ? 'lets' : 'does not let'} ${client} send as <${sender}>`, () => {
      expect(policy.byAddress(bits(client))?.maySend(sender)).to.equal(allowed);
    });
  }

  it('knows users by their name alone', () => {
    expect(policy.byUser('scanner')?.maySend('scanner@example.com')).to.equal(true);
    expect(policy.byUser('scanner')?.maySend('other@example.com')).to.equal(false);
    expect(policy.byUser('floor')).to.equal(undefined);
  });

  it('says who is refused and what to add where', () => {
    expect(wireText(strangerRefusal('192.0.2.1'))).to.match(/^550 5\.7\.1 192\.0\.2\.1 .*clients.*\r\n$/);
    expect(wireText(senderRefusal('a@b.example', 'floor'))).to.match(
      /^550 5\.7\.1 floor .*<a@b\.example>.*\r\n$/,
    );
  });
});

describe('networks', () => {
  it('agree with the system’s own list', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(address, address, fc.nat(128), (network, candidate, length) => {
        const family = network.includes(':') ? 'ipv6' : 'ipv4';
        const prefix = family === 'ipv4' ? length % 33 : length;
        // Mapped addresses are IPv4 to us and depend on the version to the system.
        fc.pre(bits(network).bits === (family === 'ipv4' ? 32 : 128));
        fc.pre(bits(candidate).bits === (candidate.includes(':') ? 128 : 32));
        const list = new BlockList();
        list.addSubnet(network, prefix, family);
        const expected = list.check(candidate, candidate.includes(':') ? 'ipv6' : 'ipv4');
        const sameFamily = family === (candidate.includes(':') ? 'ipv6' : 'ipv4');
        const found = new NetworkTable([[`${network}/${prefix}`, true]]).find(bits(candidate)) === true;
        if (sameFamily) expect(found).to.equal(expected);
        else expect(found).to.equal(false);
      }),
      { numRuns: 500 },
    );
  });

  it('leave out what is no network', () => {
    const table = new NetworkTable([
      ['x', 1],
      ['10.0.0.0/33', 2],
      ['10.0.0.0/-1', 3],
      ['', 4],
      ['::ffff:10.0.0.0/90', 5],
    ]);
    expect(table.find(bits('10.0.0.0'))).to.equal(undefined);
  });

  it('show mapped addresses as IPv4 and count IPv6 by /64', () => {
    expect(plainAddress('::ffff:192.0.2.1')).to.equal('192.0.2.1');
    expect(plainAddress('fe80::1%eth0')).to.equal('fe80::1');
    expect(sourceKey('2001:db8::1')).to.equal(sourceKey('2001:db8:0:0:ffff::1'));
    expect(sourceKey('2001:db8::1')).not.to.equal(sourceKey('2001:db8:0:1::1'));
    expect(sourceKey('192.0.2.1')).to.equal('192.0.2.1');
  });
});
