import { expect } from 'chai';
import * as fc from 'fast-check';
import { type AllowWish, planAllow } from '../../src/admin/allow-device.ts';
import { addressBits } from '../../src/inbound/networks.ts';
import { createPolicy } from '../../src/inbound/policy.ts';
import { isJsonArray, isJsonObject, type Json } from '../../src/settings/json.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { validateDocument } from '../../src/settings/validate.ts';
import { RelayError } from '../../src/shared/errors.ts';

const DOCUMENT = {
  accessUrl: 'http://localhost:8025',
  clients: [
    {
      name: 'floor',
      networks: ['192.0.2.0/24', '2001:db8::/64'],
      senders: ['@example.com'],
      upstream: 'test-relay',
      compatibility: { talksFirst: true },
    },
    { name: 'ups', networks: ['192.0.2.9'], senders: ['ups@example.com'] },
    { name: 'pair', networks: ['192.0.2.20', '192.0.2.21'], senders: [] },
  ],
  users: [{ name: 'scan', password: { set: true }, senders: ['scan@example.com'] }],
};
const SETTINGS = settingsSchema.parse({
  ...DOCUMENT,
  users: [{ name: 'scan', password: { value: 'x' }, senders: ['scan@example.com'] }],
});

function plan(wish: AllowWish, refusal?: { greeting: string; client: string }) {
  return planAllow(DOCUMENT, SETTINGS, wish, refusal);
}

/** The clients, or users, of a planned document that are not as they were. */
function changed(document: Json | undefined, section: 'clients' | 'users' = 'clients') {
  const entries = isJsonObject(document) ? document[section] : undefined;
  const before: readonly unknown[] = DOCUMENT[section];
  const texts = before.map((entry) => JSON.stringify(entry));
  return isJsonArray(entries) ? entries.filter((entry) => !texts.includes(JSON.stringify(entry))) : [];
}

describe('letting a refused device in', () => {
  it('makes a stranger a client of its own, with its address alone', () => {
    const { document, client, text, entry } = plan(
      { address: '198.51.100.7', sender: 'mfp@example.org' },
      { greeting: 'MFP-3', client: '' },
    );
    const value = { name: 'MFP-3', networks: ['198.51.100.7'], senders: ['mfp@example.org'] };
    expect(changed(document)).to.deep.equal([value]);
    expect(client).to.equal('MFP-3');
    expect(text).to.equal('198.51.100.7 may send as mfp@example.org: it is the new client MFP-3.');
    expect(entry).to.deep.equal({ section: 'clients', added: true, value });
  });

  it('lets it send as anybody where no sender is named, and rewrites where that is asked for', () => {
    const { document, text } = plan({
      address: '2001:DB8:1::7',
      name: 'nas',
      rewriteTo: 'relay@example.com',
    });
    expect(changed(document)).to.deep.equal([
      { name: 'nas', networks: ['2001:db8:1::7'], senders: ['*'], rewriteSender: 'relay@example.com' },
    ]);
    expect(text).to.contain('as anybody').and.contain('leaves as relay@example.com');
  });

  it('adds the sender to the client that lacks it, for all of its devices', () => {
    for (const address of ['192.0.2.77', '::ffff:192.0.2.77', '2001:db8::4%eth0']) {
      const { document, client } = plan({ address, sender: 'a@other.example' });
      expect([client, changed(document)]).to.deep.equal([
        'floor',
        [{ ...DOCUMENT.clients[0], senders: ['@example.com', 'a@other.example'] }],
      ]);
    }
    expect(changed(plan({ address: '192.0.2.9', sender: '' }).document)).to.deep.equal([
      { ...DOCUMENT.clients[1], senders: ['ups@example.com', '<>'] },
    ]);
  });

  it('sets a device apart from its network where more than a sender is asked for', () => {
    const { document, client, text } = plan(
      { address: '192.0.2.77', sender: 'a@other.example', rewriteTo: 'relay@example.com' },
      { greeting: '[192.0.2.77]', client: 'floor' },
    );
    expect([client, changed(document)]).to.deep.equal([
      'device 192.0.2.77',
      [
        {
          name: 'device 192.0.2.77',
          networks: ['192.0.2.77'],
          upstream: 'test-relay',
          compatibility: { talksFirst: true },
          senders: ['@example.com', 'a@other.example'],
          rewriteSender: 'relay@example.com',
        },
      ],
    ]);
    expect(text).to.contain('apart from floor');
    expect(changed(plan({ address: '192.0.2.77' }).document)).to.have.lengthOf(1);
  });

  it('changes a client of one address itself', () => {
    expect(changed(plan({ address: '192.0.2.9', rewriteTo: 'relay@example.com' }).document)).to.deep.equal([
      { ...DOCUMENT.clients[1], senders: ['*'], rewriteSender: 'relay@example.com' },
    ]);
  });

  it('takes the address out of the client that names it beside others', () => {
    const { document } = plan({ address: '192.0.2.20', name: 'twin' });
    expect(changed(document)).to.deep.equal([
      { ...DOCUMENT.clients[2], networks: ['192.0.2.21'] },
      { name: 'twin', networks: ['192.0.2.20'], senders: ['*'] },
    ]);
  });

  it('changes the user that it had signed in as', () => {
    const refusal = { greeting: 'x', client: 'scan' };
    const { document, client } = plan({ address: '198.51.100.7', sender: 'b@example.com' }, refusal);
    expect([client, changed(document), changed(document, 'users')]).to.deep.equal([
      'scan',
      [],
      [{ ...DOCUMENT.users[0], senders: ['scan@example.com', 'b@example.com'] }],
    ]);
  });

  it('changes nothing where it may send already', () => {
    for (const [wish, refusal] of [
      [{ address: '192.0.2.77', sender: 'a@EXAMPLE.com' }, undefined],
      [
        { address: '198.51.100.7', sender: 'scan@example.com' },
        { greeting: '', client: 'scan' },
      ],
    ] as const) {
      const { document, text } = plan(wish, refusal);
      expect(document).to.equal(undefined);
      expect(text).to.contain('already');
    }
  });

  it('keeps the clients that are in force without being written', () => {
    const settings = settingsSchema.parse({});
    const { document } = planAllow({}, settings, { address: '192.0.2.1' });
    expect(document).to.deep.equal({
      clients: [
        { name: 'this machine', networks: ['127.0.0.0/8', '::1'], senders: ['*'] },
        { name: 'device 192.0.2.1', networks: ['192.0.2.1'], senders: ['*'] },
      ],
    });
  });

  it('finds a name that is free and that the settings take, whatever the device calls itself', () => {
    const names = ['floor', 'scan', 'postern', ' \u0000\ud800 ', 'localhost', 'x'.repeat(255), '[::1]'].map(
      (greeting) => plan({ address: '198.51.100.7' }, { greeting, client: '' }).client,
    );
    expect(names).to.deep.equal([
      'floor 2',
      'scan 2',
      'postern 2',
      'device 198.51.100.7',
      'device 198.51.100.7',
      'x'.repeat(50),
      'device 198.51.100.7',
    ]);
  });

  it('refuses what is no address', () => {
    for (const address of ['', 'printer', '192.0.2.0/24', '1.2.3', '*']) {
      expect(() => plan({ address }), address).to.throw(RelayError, 'is not an IP address');
    }
  });

  it('always ends in settings without faults, in which the device may send', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('192.0.2.9', '192.0.2.20', '192.0.2.77', '2001:db8::1', '::ffff:192.0.2.9'),
    );
    const sender = fc.option(fc.constantFrom('', 'a@example.com', 'b@other.example', 'x.@example.com'), {
      nil: undefined,
    });
    const rewriteTo = fc.option(fc.constant('relay@example.com'), { nil: undefined });
    fc.assert(
      fc.property(address, sender, rewriteTo, fc.string(), (one, from, to, greeting) => {
        const wish = {
          address: one,
          ...(from === undefined ? {} : { sender: from }),
          ...(to === undefined ? {} : { rewriteTo: to }),
        };
        const base = { ...DOCUMENT, users: [] };
        const { document = base } = planAllow(base, settingsSchema.parse(base), wish, {
          greeting,
          client: '',
        });
        const { settings, faults } = validateDocument(document);
        expect(faults).to.deep.equal([]);
        const bits = addressBits(one);
        if (settings === undefined || bits === undefined) throw new Error('not settled');
        const policy = createPolicy(settings).byAddress(bits);
        expect(policy?.maySend(from ?? 'anybody@anywhere.example')).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });
});
