import { expect } from 'chai';
import { faultText } from '../../src/settings/faults.ts';
import type { Json } from '../../src/settings/json.ts';
import { validateDocument } from '../../src/settings/validate.ts';

const faultsOf = (document: Json): string[] => validateDocument(document).faults.map(faultText);

const proxy = (more: { [key: string]: Json } = {}): Json => ({
  proxy: { url: 'http://proxy.example.com:3128', ...more },
});
const vault = (more: { [key: string]: Json } = {}): { [key: string]: Json } => ({
  vault: { address: 'https://vault.example.com:8200', token: { env: 'VAULT_TOKEN' }, ...more },
});
const upstream = (password: Json): { [key: string]: Json } => ({
  upstreams: [
    {
      name: 'office',
      kind: 'smtp',
      host: 'smtp.example.com',
      authentication: { type: 'password', user: 'u', password },
    },
  ],
});
const appRole = { roleId: 'role', secretId: { file: '/run/secret-id' } };
const place = { vault: 'secret/mail/office#password' };

describe('checkOutside', () => {
  const good: readonly [string, Json][] = [
    ['a proxy', proxy()],
    ['a proxy with a password', proxy({ user: 'relay', password: { env: 'X' } })],
    ['a proxy with a user alone', proxy({ user: 'relay' })],
    ['a proxy over TLS', { proxy: { url: 'https://proxy.example.com' } }],
    [
      'what goes past it',
      proxy({ bypass: ['intranet', '.corp.example', '10.0.0.0/8', '::1', 'b_c.example'] }),
    ],
    ['a Vault with a token', vault()],
    ['a Vault of this machine without TLS', vault({ address: 'http://127.0.0.1:8200' })],
    ['a Vault below a path', vault({ address: 'https://example.com/vault' })],
    ['a Vault with a role', { vault: { address: 'https://vault.example.com', appRole } }],
    ['a secret from the Vault', { ...vault(), ...upstream(place) }],
  ];
  for (const [what, document] of good) {
    it(`accepts ${what}`, () => expect(faultsOf(document)).to.deep.equal([]));
  }

  const bad: readonly [string, Json, readonly string[]][] = [
    [
      'a password inside the address of the proxy',
      { proxy: { url: 'http://relay:hush@proxy.example.com:3128' } },
      [
        'proxy.url holds a user name or password, which would be shown; write them as proxy.user and proxy.password',
      ],
    ],
    [
      'a path behind the proxy',
      { proxy: { url: 'http://proxy.example.com:3128/proxy.pac' } },
      ['proxy.url has more than a host and a port; write http://proxy.example.com:3128'],
    ],
    [
      'a password without a user',
      proxy({ password: { env: 'X' } }),
      ['proxy.user is missing, but there is a password; write the user name'],
    ],
    [
      'entries of bypass that match nothing',
      proxy({ bypass: ['*', '*.example.com', '10.0.0.0/33', 'host:25', 'a b', 'ok.example'] }),
      [
        'proxy.bypass[0] is everything; leave proxy out instead',
        'proxy.bypass[1] has a star; write .example.com',
        'proxy.bypass[2] is not a network; write a host, a .domain or a network such as 10.0.0.0/8',
        'proxy.bypass[3] has a port, which is not looked at; leave it out',
        'proxy.bypass[4] is not a host; write a host, a .domain or a network such as 10.0.0.0/8',
      ],
    ],
    [
      'a Vault that secrets reach in clear',
      vault({ address: 'http://vault.example.com:8200' }),
      ['vault.address sends secrets in clear over the network; write https://'],
    ],
    [
      'a Vault with a password in its address',
      vault({ address: 'https://a:hush@vault.example.com' }),
      ['vault.address has more than a host and a port; write https://vault.example.com'],
    ],
    [
      'two ways to sign in at the Vault',
      vault({ appRole }),
      ['vault.appRole stands beside token; keep one of the two'],
    ],
    [
      'no way to sign in at the Vault',
      { vault: { address: 'https://vault.example.com' } },
      ['vault.token is missing; write token, or appRole in its place'],
    ],
    [
      'a Vault that needs itself',
      vault({ token: place }),
      ['vault.token is needed to reach the Vault itself; write { file }, { env } or { command }'],
    ],
    [
      'a proxy that the Vault is needed for',
      { ...vault(), proxy: { url: 'http://proxy.example.com:3128', user: 'u', password: place } },
      ['proxy.password is needed to reach the Vault itself; write { file }, { env } or { command }'],
    ],
    [
      'a secret from a Vault that is not set',
      upstream(place),
      [
        'upstreams[0].authentication.password is read from a Vault, but none is set; write vault.address and how to sign in there',
      ],
    ],
    ...['secret#password', 'secret/../sys#x', 'secret//a#x', '/a/b#x'].map(
      (wrong): [string, Json, readonly string[]] => [
        `the place ${wrong}`,
        { ...vault(), ...upstream({ vault: wrong }) },
        [
          'upstreams[0].authentication.password is not a place in Vault; write MOUNT/PATH#FIELD such as secret/mail/office#password',
        ],
      ],
    ),
  ];
  for (const [what, document, expected] of bad) {
    it(`refuses ${what}, and says what would be right`, () => {
      const found = faultsOf(document);
      expect(found).to.deep.equal(expected);
      expect(found.join()).not.to.include('hush');
    });
  }
});
