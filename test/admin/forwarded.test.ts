import { expect } from 'chai';
import * as fc from 'fast-check';
import { type ConnectedRequest, originOf } from '../../src/admin/forwarded.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { networkList, plainAddress } from '../../src/shared/network-list.ts';
import { type RunningAdmin, startAdmin } from '../support/admin.ts';

const TRUSTED = networkList(['10.0.0.0/8', 'fd00::/8']);
const request = (changes: Partial<ConnectedRequest> = {}): ConnectedRequest => ({
  path: '/api/v1/queue',
  remote: '10.0.0.1',
  encrypted: false,
  host: 'relay.example.com',
  forwardedFor: undefined,
  forwardedProto: undefined,
  forwardedHost: undefined,
  ...changes,
});
const addressOf = (forwardedFor: string | undefined, remote = '10.0.0.1') =>
  originOf(request({ forwardedFor, remote }), TRUSTED).address;

const secure = (changes: Partial<ConnectedRequest>) => originOf(request(changes), TRUSTED).secure;

describe('where a request comes from', () => {
  for (const [header, address] of [
    [undefined, '10.0.0.1'],
    ['', '10.0.0.1'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, 10.0.0.9', '192.0.2.7'],
    // What the caller wrote himself stands to the left of what the proxy saw.
    ['127.0.0.1, 192.0.2.7', '192.0.2.7'],
    ['10.0.0.5, 192.0.2.7, 10.0.0.9', '192.0.2.7'],
    ['10.0.0.5,10.0.0.9', '10.0.0.5'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['[2001:DB8::0:1]:4711', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fd00::5, 2001:db8::1, fd00::9', '2001:db8::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:10.0.0.9, x', '10.0.0.1'],
    ['192.0.2.7, ::ffff:10.0.0.9', '192.0.2.7'],
    ['192.0.2.7, unknown', '10.0.0.1'],
    ['192.0.2.7, unknown, 10.0.0.9', '10.0.0.9'],
    ['_hidden, 10.0.0.9', '10.0.0.9'],
    [',,,', '10.0.0.1'],
    ['192.0.2.7,', '10.0.0.1'],
    ['192.0.2.7.evil.example', '10.0.0.1'],
    ['192.0.2.07', '10.0.0.1'],
    ['<script>', '10.0.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1'.repeat(15_000), '10.0.0.1'],
    [Array.from({ length: 900 }, (_, index) => `192.0.2.${index % 250}`).join(','), '192.0.2.149'],
  ] as const) {
    it(`is ${address} where a trusted proxy says "${header?.slice(0, 40) ?? 'nothing'}"`, () => {
      expect(addressOf(header)).to.equal(address);
    });
  }

  it('looks through twenty proxies in a row and no further', () => {
    const hops = Array.from({ length: 900 }, (_, index) => `10.1.${Math.floor(index / 250)}.${index % 250}`);
    expect(addressOf(hops.join(', '))).to.equal(hops.at(-20));
  });

  it('is the other end of the connection where there is no proxy, whatever is claimed', () => {
    const claims = { forwardedFor: '192.0.2.7', forwardedProto: 'https', forwardedHost: 'evil.example' };
    expect(originOf(request({ ...claims, remote: '::ffff:198.51.100.1' }), undefined)).to.deep.equal({
      address: '198.51.100.1',
      secure: false,
      host: 'relay.example.com',
    });
  });

  it('is over https where the connection is, or where the nearest proxy says so', () => {
    expect(secure({ encrypted: true, forwardedProto: 'http' })).to.equal(true);
    expect(secure({ forwardedProto: 'HTTPS' })).to.equal(true);
    expect(secure({ forwardedProto: 'http, https' })).to.equal(true);
    expect(secure({ forwardedProto: 'https, http' })).to.equal(false);
    expect(secure({ forwardedProto: 'httpsx' })).to.equal(false);
    expect(secure({ forwardedProto: 'https', remote: '127.0.0.1' })).to.equal(false);
  });

  it('is refused in words for who comes past the proxy, but not for this machine and probes', () => {
    for (const remote of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1']) {
      expect(() => originOf(request({ remote, forwardedFor: '10.0.0.1' }), TRUSTED))
        .to.throw(RelayError, 'reached through its proxy only, not from')
        .with.property('code', 'forbidden');
      expect(
        originOf(request({ remote, path: '/readyz', forwardedFor: '1.1.1.1' }), TRUSTED).address,
      ).to.equal(plainAddress(remote));
    }
    const here = originOf(request({ remote: '127.0.0.1', forwardedFor: '192.0.2.7' }), TRUSTED);
    expect(here.address).to.equal('127.0.0.1');
  });

  it('is an address, whatever is written', () => {
    const part = fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom(',', '10.0.0.9', '[', ']', '::ffff:10.0.0.9'),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const address = addressOf(parts.join(','));
        expect(plainAddress(address)).to.equal(address);
      }),
    );
  });

  it('knows networks from what is none', () => {
    for (const wrong of [
      '',
      'x',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
      'fe80::1%eth0',
      '10.0.0.0/',
    ])
      expect(networkList([wrong]), wrong).to.equal(undefined);
    const mapped = networkList(['::ffff:192.0.2.7', '192.0.2.0/31']);
    for (const inside of ['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:c000:0201'])
      expect(mapped?.has(inside), inside).to.equal(true);
    for (const outside of ['192.0.2.8', '::192.0.2.7', 'x', ''])
      expect(mapped?.has(outside), outside).to.equal(false);
  });
});

describe('an admin behind a proxy', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin({ behindProxy: true, trustedProxies: ['127.0.0.1'] });
  });
  afterEach(() => running.stop());

  const status = async (headers: Record<string, string>, method = 'GET') => {
    const options = { method, headers, ...(method === 'GET' ? {} : { body: '{"all":true}' }) };
    return (await running.request(method === 'GET' ? '/api/v1/queue' : '/api/v1/queue/retry', options))
      .status;
  };
  const from = (address: string) => status({ authorization: 'Bearer wrong', 'X-Forwarded-For': address });
  const json = { 'Content-Type': 'application/json' };

  it('counts failures by the address that the proxy names', async () => {
    for (let index = 0; index < 10; index += 1) expect(await from('192.0.2.7')).to.equal(401);
    expect(await from('192.0.2.7')).to.equal(429);
    expect(await from('198.51.100.1, 192.0.2.7')).to.equal(429);
    expect(await from('192.0.2.8')).to.equal(401);
    expect(running.log.text()).to.contain('"address":"192.0.2.7"');
  });

  it('takes the host that the proxy was asked for, as long as it is ours', async () => {
    const asked = { 'X-Forwarded-Host': 'relay.example.com', 'X-Forwarded-Proto': 'https' };
    expect(await status(asked)).to.equal(200);
    expect(await status({ ...asked, 'X-Forwarded-Host': 'evil.example' })).to.equal(403);
    const own = { ...json, ...asked, Origin: 'https://relay.example.com' };
    expect(await status(own, 'POST')).to.equal(200);
    expect(await status({ ...own, Origin: 'http://relay.example.com' }, 'POST')).to.equal(403);
    expect(await status({ ...own, Origin: 'https://relay.example.com:8443' }, 'POST')).to.equal(403);
    expect(await status({ ...own, Origin: running.url }, 'POST')).to.equal(403);
  });
});
