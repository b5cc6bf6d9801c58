import { expect } from 'chai';
import { faultText } from '../../src/settings/faults.ts';
import type { Json } from '../../src/settings/json.ts';
import { mergeStored } from '../../src/settings/secret-forms.ts';

const sealed = { sealed: 'v1.kept', setAt: '2026-11-01T00:00:00.000Z' };
const kept = { set: true };

const withSecret = (
  secret: Json,
  upstream: Record<string, Json>,
  authentication: Record<string, Json> = {},
) => ({
  upstreams: [
    {
      name: 'office',
      kind: 'smtp',
      ...upstream,
      authentication: { type: 'oauth2', provider: 'generic', clientSecret: secret, ...authentication },
    },
  ],
});

const faultsOf = (document: Json, stored: Json) => mergeStored(document, stored).faults.map(faultText);

const server = { host: 'smtp.example.com' };
const endpoints = {
  tokenEndpoint: 'https://id.example.com/token',
  authorizationEndpoint: 'https://id.example.com/authorize',
};
const before = withSecret(sealed, server, endpoints);

const both = (secret: Json, host: string) => ({
  proxy: { url: `http://${host}:3128`, user: 'u', password: secret },
  vault: { address: `https://${host}:8200`, token: secret },
});

describe('a secret that is kept', () => {
  for (const [title, upstream, authentication] of [
    [
      'another port and path',
      { host: 'SMTP.example.com', port: 465, security: 'tls' },
      { ...endpoints, tokenEndpoint: 'https://id.example.com:8443/t' },
    ],
    ['fewer addresses', server, { tokenEndpoint: endpoints.tokenEndpoint }],
    ['addresses that the provider fills in', {}, { provider: 'microsoft', tenantId: 'x' }],
    ['the hosts the other way round', { host: 'id.example.com' }, endpoints],
  ] as const) {
    it(`stays with ${title}`, () => {
      const document = withSecret(kept, upstream, authentication);
      expect(faultsOf(document, before)).to.deep.equal([]);
      expect(JSON.stringify(mergeStored(document, before).document)).to.contain('v1.kept');
    });
  }

  for (const [title, upstream, authentication] of [
    ['another token endpoint', server, { ...endpoints, tokenEndpoint: 'https://evil.example/token' }],
    [
      'a consent page from which other addresses follow',
      server,
      { authorizationEndpoint: 'https://evil.example/authorize' },
    ],
    [
      'an endpoint of device codes',
      server,
      { ...endpoints, deviceAuthorizationEndpoint: 'https://evil.example/d' },
    ],
    ['another mail server, which would get the tokens', { host: 'evil.example' }, endpoints],
    ['another name in the certificate', { ...server, serverName: 'evil.example' }, endpoints],
    ['no encryption', { ...server, security: 'none' }, endpoints],
    ['http', server, { ...endpoints, tokenEndpoint: 'http://id.example.com/token' }],
    ['another API', { kind: 'graph', endpoint: 'https://evil.example' }, endpoints],
  ] as const) {
    it(`has to be typed again for ${title}`, () => {
      const document = withSecret(kept, upstream, authentication);
      const [fault] = faultsOf(document, before);
      expect(fault).to.match(
        /^upstreams\[0\]\.authentication\.clientSecret was typed for smtp\.example\.com, id\.example\.com /,
      );
      expect(fault).to.contain('write { value: "…" } with the secret itself again');
      expect(JSON.stringify(mergeStored(document, before).document)).to.not.contain('v1.kept');
    });
  }

  it('that was typed for servers of the provider goes to no host that is typed later', () => {
    const filledIn = withSecret(sealed, {}, { provider: 'microsoft' });
    const evil = { provider: 'microsoft', tokenEndpoint: 'https://evil.example/token' };
    expect(faultsOf(withSecret(kept, {}, evil), filledIn)).to.have.length(1);
    expect(
      faultsOf(withSecret(kept, { host: 'smtp.office365.com' }, { provider: 'microsoft' }), filledIn),
    ).to.deep.equal([]);
  });

  it('opens neither another proxy nor another Vault', () => {
    const stored = both(sealed, 'safe.example.com');
    expect(faultsOf(both(kept, 'safe.example.com'), stored)).to.deep.equal([]);
    const faults = faultsOf(both(kept, 'evil.example'), stored);
    expect(faults.map((fault) => fault.split(' ')[0])).to.have.members(['proxy.password', 'vault.token']);
  });
});
