import { expect } from 'chai';
import { faultText } from '../../src/settings/faults.ts';
import type { Json } from '../../src/settings/json.ts';
import { validateDocument } from '../../src/settings/validate.ts';

const faultsOf = (document: Json): string[] => validateDocument(document).faults.map(faultText);
const warningsOf = (document: Json): string[] => validateDocument(document).warnings.map(faultText);

const smtp = (changes: Record<string, Json> = {}): Json => ({
  name: 'office',
  kind: 'smtp',
  host: 'smtp.example.com',
  ...changes,
});
const client = (changes: Record<string, Json> = {}): Json => ({
  name: 'printers',
  networks: ['192.0.2.0/24'],
  ...changes,
});
const listener = (changes: Record<string, Json> = {}): Json => ({ name: 'appliances', ...changes });
const openClient = client({ networks: ['0.0.0.0/0'] });

interface Bad {
  readonly says: string;
  readonly document: Json;
  readonly faults: readonly string[];
}

const BAD: readonly Bad[] = [
  {
    says: 'a document that is no mapping',
    document: 5,
    faults: ['the document is not a mapping; write KEY: VALUE for each setting'],
  },
  {
    says: 'an unknown key with the one that was meant',
    document: { acessUrl: 'http://localhost' },
    faults: ['acessUrl is not a known setting; did you mean accessUrl?'],
  },
  {
    says: 'an unknown key that is near nothing, with all that are known',
    document: { routes: [{ upstream: 'test-relay', wibble: 1 }] },
    faults: [
      'routes[0].wibble is not a known setting; known here: sender, senderDomain, recipientDomain, client, listener, upstream',
    ],
  },
  {
    says: 'unknown keys of the kind of upstream that was chosen only',
    document: { upstreams: [{ name: 'hold', kind: 'test-relay', hots: 'x' }] },
    faults: ['upstreams[0].hots is not a known setting; known here: name, from, limits, fallback, kind'],
  },
  {
    says: 'keys that every object inherits',
    document: JSON.parse('{"constructor":{"x":1},"toString":"x"}') as Json,
    faults: [
      'constructor is not a known setting; known here: accessUrl, hostname, listeners, clients, users, upstreams, routes, defaultUpstream, contacts, notices, proxy, vault, queue',
      'toString is not a known setting; known here: accessUrl, hostname, listeners, clients, users, upstreams, routes, defaultUpstream, contacts, notices, proxy, vault, queue',
    ],
  },
  {
    says: 'an access URL with more than a base has',
    document: { accessUrl: 'https://relay.example.com@evil.example/?x=1' },
    faults: ['accessUrl has more than host, port and path; write it without user name, ? and #'],
  },
  {
    says: 'a missing name',
    document: { listeners: [{ port: 2525 }] },
    faults: ['listeners[0].name is missing; write text, in quotes where it looks like a number'],
  },
  {
    says: 'an empty section, as YAML makes it of a key with nothing behind it',
    document: { upstreams: null },
    faults: ['upstreams is empty; write a value or leave the key out'],
  },
  {
    says: 'a section that is no list',
    document: { users: {} },
    faults: ['users is not a list; write [ITEM, …] or one line "- ITEM" for each'],
  },
  {
    says: 'a slip in a choice',
    document: { listeners: [listener({ security: 'start-tls' })] },
    faults: ['listeners[0].security must be one of none, starttls, tls; did you mean starttls?'],
  },
  {
    says: 'a slip in the kind of an upstream',
    document: { upstreams: [smtp({ kind: 'stmp' })] },
    faults: ['upstreams[0].kind must be one of smtp, graph, gmail, test-relay; did you mean smtp?'],
  },
  {
    says: 'a missing kind with what there is',
    document: { upstreams: [{ name: 'office' }] },
    faults: ['upstreams[0].kind is missing; write one of smtp, graph, gmail, test-relay'],
  },
  {
    says: 'ports out of range',
    document: { listeners: [listener({ port: 70_000 })], upstreams: [smtp({ port: 0 })] },
    faults: [
      'listeners[0].port is not a port number; write one from 1 to 65535',
      'upstreams[0].port is not a port number; write one from 1 to 65535',
    ],
  },
  {
    says: 'durations and sizes without a unit, or beyond all measure',
    document: { queue: { warnAfter: 4, expireAfter: '3 weeks', maxBytes: '10 GiBs', keepHeld: '9e99d' } },
    faults: [
      'queue.expireAfter is not a duration; write a number and a unit such as 30s, 5m, 4h or 3d',
      'queue.warnAfter is not a duration; write a number and a unit such as 30s, 5m, 4h or 3d',
      'queue.keepHeld is not a duration; write a number and a unit such as 30s, 5m, 4h or 3d',
      'queue.maxBytes is not a size; write a number and a unit such as 50 MiB, 10 KB or 1 GB',
    ],
  },
  {
    says: 'an upstream whose host has a scheme, a port, brackets, or is an address',
    document: {
      upstreams: [
        smtp({ name: 'a', host: 'https://smtp.example.com/x' }),
        smtp({ name: 'b', host: 'smtp.example.com:587' }),
        smtp({ name: 'c', host: '[2001:db8::1]:25' }),
        smtp({ name: 'd', host: 'relay@example.com' }),
        smtp({ name: 'e', host: 'smtp example' }),
        smtp({ name: 'f', host: '192.0.2.300' }),
      ],
    },
    faults: [
      'upstreams[0].host has a scheme; write the name alone: smtp.example.com',
      'upstreams[1].host has a port; write host: smtp.example.com and port: 587',
      'upstreams[2].host has brackets; write host: "2001:db8::1" and port: 25',
      'upstreams[3].host is an e-mail address; write a host name such as smtp.example.com',
      'upstreams[4].host is not a host name or IP address; write one such as smtp.example.com',
      'upstreams[5].host is not a host name or IP address; write one such as smtp.example.com',
    ],
  },
  {
    says: 'a secret in a form that there is not, and never the secret',
    document: {
      users: [
        { name: 'a', password: 'hunter2' },
        { name: 'b', password: { value: '' } },
        { name: 'c', password: { command: [] } },
        {
          name: 'd',
          password: { hash: '$argon2id$v=19$m=9999999,t=99,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA' },
        },
        { name: 'e', password: { vaule: 'hunter2' } },
      ],
    },
    faults: [
      'users[0].password is not a password; write { value: "…" }, { file: PATH }, { env: NAME }, { command: [PROGRAM, ARGUMENT…] } or { vault: MOUNT/PATH#FIELD }, or { hash: "$argon2id$…" }',
      'users[1].password.value is empty; write the secret',
      'users[2].password.command is empty; write a program and its arguments',
      'users[3].password.hash is not an argon2id hash of at most 256 MiB, 10 passes and 8 lanes; write one that begins with $argon2id$v=19$',
      'users[4].password is not a password; write { value: "…" }, { file: PATH }, { env: NAME }, { command: [PROGRAM, ARGUMENT…] } or { vault: MOUNT/PATH#FIELD }, or { hash: "$argon2id$…" }',
    ],
  },
  {
    says: 'a hash where the password itself is needed',
    document: {
      upstreams: [smtp({ authentication: { type: 'password', user: 'u', password: { hash: 'x' } } })],
    },
    faults: [
      'upstreams[0].authentication.password is not a secret; write { value: "…" }, { file: PATH }, { env: NAME }, { command: [PROGRAM, ARGUMENT…] } or { vault: MOUNT/PATH#FIELD }',
    ],
  },
  {
    says: 'contacts in one text, one of which is no address',
    document: { contacts: 'admin@example.com nobody' },
    faults: ['contacts is not an e-mail address; write one such as admin@example.com'],
  },
  {
    says: 'names that are used twice; clients and users share theirs',
    document: {
      listeners: [listener(), listener({ port: 2526 })],
      clients: [client()],
      users: [{ name: 'printers', password: { env: 'X' } }],
      upstreams: [smtp(), smtp()],
    },
    faults: [
      'listeners[1].name is already the name of another listener (listeners[0]); choose another name',
      'upstreams[1].name is already the name of another upstream (upstreams[0]); choose another name',
      'users[0].name is already the name of another client or user (clients[0]); choose another name',
    ],
  },
  {
    says: 'a user with the name of the client that is there by itself',
    document: { users: [{ name: 'this machine', password: { env: 'X' } }] },
    faults: ['users[0].name is already the name of another client or user (clients[0]); choose another name'],
  },
  {
    says: 'reserved names',
    document: {
      clients: [client({ name: 'postern' })],
      users: [{ name: 'postern ', password: { env: 'X' } }],
      upstreams: [smtp({ name: 'test-relay' })],
    },
    faults: [
      'users[0].name begins or ends with a space; remove it',
      'clients[0].name is reserved for mail of Postern itself; choose another name',
      'upstreams[0].name is reserved for the kind test-relay; choose another name',
    ],
  },
  {
    says: 'names of what does not exist, beside faults inside the same list',
    document: {
      clients: [client({ upstream: 'ofice' })],
      upstreams: [smtp({ port: 'x' }), smtp({ name: 'backup', fallback: 'nowhere' })],
      routes: [{ upstream: 'office', client: 'scanner', listener: 'default' }],
      defaultUpstream: 'office',
    },
    faults: [
      'upstreams[0].port is not a port number; write one from 1 to 65535',
      'clients[0].upstream names an upstream that does not exist; did you mean office?',
      'routes[0].client names a client or user that does not exist; there is: printers',
      'upstreams[1].fallback names an upstream that does not exist; there is: office, backup, test-relay',
    ],
  },
  {
    says: 'upstreams that fall back on each other, each circle once',
    document: {
      upstreams: [
        smtp({ name: 'a', fallback: 'b' }),
        smtp({ name: 'b', fallback: 'c' }),
        smtp({ name: 'c', fallback: 'b' }),
        smtp({ name: 'd', fallback: 'd' }),
      ],
    },
    faults: [
      'upstreams[1].fallback goes round in a circle (b → c → b); let one of them have none',
      'upstreams[3].fallback goes round in a circle (d → d); let one of them have none',
    ],
  },
  {
    says: 'two listeners on one port, however the address is written; port 0 is always free',
    document: {
      listeners: [
        listener({ name: 'a', address: '::1', port: 25 }),
        listener({ name: 'b', address: '0:0:0:0:0:0:0:1', port: 25 }),
        listener({ name: 'c', port: 0 }),
        listener({ name: 'd', port: 0 }),
      ],
    },
    faults: ['listeners[1].port 25 is already taken on this address by listeners[0]; choose another port'],
  },
  {
    says: 'one network in two clients, however it is written',
    document: {
      clients: [
        client({ name: 'a', networks: ['10.0.0.0/8', '::ffff:192.0.2.1'] }),
        client({ name: 'b', networks: ['10.1.2.3/8', '192.0.2.1/32'] }),
      ],
    },
    faults: [
      'clients[1].networks[0] is the same network as clients[0].networks[0]; leave it in one place, or no one could tell whose policy applies',
      'clients[1].networks[1] is the same network as clients[0].networks[1]; leave it in one place, or no one could tell whose policy applies',
    ],
  },
  {
    says: 'STARTTLS demanded where there is none',
    document: { listeners: [listener({ requireTls: true })] },
    faults: ['listeners[0].requireTls works only with starttls; write security: starttls'],
  },
  {
    says: 'a token that everybody on the network could read',
    document: {
      upstreams: [
        smtp({
          security: 'none',
          authentication: {
            type: 'oauth2',
            provider: 'google',
            email: 'a@example.com',
            clientId: 'x',
            clientSecret: { env: 'X' },
          },
        }),
      ],
    },
    faults: [
      'upstreams[0].security none would show the access token to everybody on the network; write security: starttls or tls',
    ],
  },
  {
    says: 'a rewrite to an address that is not given',
    document: { upstreams: [smtp({ from: { rewrite: 'if-refused' } })] },
    faults: [
      'upstreams[0].from.address is missing, but rewrite is if-refused; write the address that this upstream accepts',
    ],
  },
];

describe('validateDocument', () => {
  for (const { says, document, faults } of BAD) {
    it(`refuses ${says}`, () => {
      const found = faultsOf(document);
      expect(found).to.deep.equal(faults);
      expect(validateDocument(document).settings).to.equal(undefined);
      expect(found.join()).to.not.include('hunter2');
    });
  }

  it('accepts an empty document: this machine may send, into the test relay', () => {
    const { settings, faults, warnings } = validateDocument({});
    expect(faults).to.deep.equal([]);
    expect(warnings).to.deep.equal([]);
    expect(settings?.listeners.map(({ address, port }) => `${address}:${port}`)).to.deep.equal([
      '127.0.0.1:2525',
    ]);
    expect(settings?.clients[0]?.networks).to.deep.equal(['127.0.0.0/8', '::1']);
    expect(settings?.defaultUpstream).to.equal(undefined);
    expect(settings?.queue.retry).to.deep.equal([30, 60, 120, 300, 600, 1200, 3600].map((s) => s * 1000));
  });

  it('accepts what stands for the test relay', () => {
    expect(faultsOf({ defaultUpstream: 'test-relay' })).to.deep.equal([]);
    expect(faultsOf({ upstreams: [{ name: 'test-relay', kind: 'test-relay' }] })).to.deep.equal([]);
  });

  it('gives international hosts and domains in the form that DNS knows', () => {
    const { settings } = validateDocument({
      upstreams: [smtp({ host: 'smtp.bücher.example' })],
      routes: [{ senderDomain: 'BÜCHER.example', upstream: 'office' }],
    });
    const [office] = settings?.upstreams ?? [];
    expect(office?.kind === 'smtp' && office.host).to.equal('smtp.xn--bcher-kva.example');
    expect(settings?.routes[0]?.senderDomain).to.equal('xn--bcher-kva.example');
  });

  describe('open relays', () => {
    const explanation =
      'clients[0].networks[0] makes listeners[0] an open relay: anyone on the internet could send anything through it; ' +
      'name your own networks, limit senders to your addresses or @domains, or write authentication: required on that listener';
    const reachable = listener({ address: '0.0.0.0' });

    for (const network of ['0.0.0.0/0', '::/0', '128.0.0.0/1', '2000::/3', '::ffff:0.0.0.0/96']) {
      it(`refuses any sender from ${network} on a listener that others reach`, () => {
        const found = faultsOf({ listeners: [reachable], clients: [client({ networks: [network] })] });
        expect(found).to.deep.equal([explanation]);
      });
    }

    const harmless: readonly [string, Json, Json][] = [
      ['a listener that only this machine reaches', listener(), openClient],
      [
        'a listener that demands passwords',
        listener({ address: '::', authentication: 'required', security: 'tls' }),
        openClient,
      ],
      ['known senders', reachable, client({ networks: ['0.0.0.0/0'], senders: ['@example.com'] })],
      ['a private network', reachable, client({ networks: ['10.0.0.0/8', 'fd00::/8', 'fc00::/7'] })],
    ];
    for (const [what, one, other] of harmless) {
      it(`accepts ${what}`, () => {
        expect(faultsOf({ listeners: [one], clients: [other] })).to.deep.equal([]);
      });
    }
  });

  it('warns of passwords in clear over a network, and not of those within the machine', () => {
    const password = {
      authentication: { type: 'password', user: 'u', password: { env: 'X' } },
      security: 'none',
    };
    const document = (host: string, address: string): Json => ({
      listeners: [listener({ address, authentication: 'optional' })],
      upstreams: [smtp({ host, ...password })],
    });
    expect(warningsOf(document('smtp.example.com', '192.0.2.1'))).to.deep.equal([
      'listeners[0].authentication lets devices send passwords in clear over the network; write security: starttls or tls',
      'upstreams[0].security none sends the password in clear over the network; write security: starttls or tls',
    ]);
    expect(warningsOf(document('localhost', '127.0.0.2'))).to.deep.equal([]);
    expect(warningsOf(document('::1', '::1'))).to.deep.equal([]);
  });

  it('warns of settings that do nothing yet, and only where they are used', () => {
    expect(
      warningsOf({ contacts: 'a@example.com', notices: { daily: '08:00', testOnSave: true } }),
    ).to.have.length(1);
    expect(warningsOf({ contacts: 'a@example.com', notices: { testOnSave: true } })).to.deep.equal([]);
  });

  it('answers in time, however long the chain of fallbacks', () => {
    const upstreams = Array.from({ length: 4000 }, (_, index) =>
      smtp({ name: `u${index}`, fallback: `u${index + 1}` }),
    );
    const started = performance.now();
    expect(faultsOf({ upstreams })).to.deep.equal([
      'upstreams[3999].fallback names an upstream that does not exist; did you mean u400?',
    ]);
    expect(performance.now() - started).to.be.below(5000);
  });
});
