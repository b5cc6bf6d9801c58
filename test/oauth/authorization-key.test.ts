import { expect } from 'chai';
import { authorizationKey } from '../../src/oauth/authorization-key.ts';
import { oauthOf } from '../../src/oauth/authorizations.ts';
import { type UpstreamSettings, upstreamSchema } from '../../src/settings/schema-upstreams.ts';
import { oauthUpstream } from '../support/token-bench.ts';

function key(changes: object, kind: UpstreamSettings['kind'] = 'smtp', place: object = {}): string {
  const settings = oauthOf(oauthUpstream(changes));
  if (settings === undefined) throw new Error('no OAuth');
  const host = kind === 'smtp' ? { host: 'smtp.example.com' } : {};
  const authentication = { ...settings, provider: kind === 'gmail' ? 'google' : settings.provider };
  return authorizationKey(
    settings,
    upstreamSchema.parse({ name: 'u', kind, authentication, ...host, ...place }),
  );
}

describe('the key of an authorization', () => {
  const common = {
    email: 'relay@example.com',
    tenantId: 'tenant',
    tokenEndpoint: 'https://id.example.com/t',
  };

  for (const [title, changes] of [
    ['another application', { clientId: 'other' }],
    ['another provider', { provider: 'microsoft' }],
    ['another tenant', { tenantId: 'other' }],
    ['another cloud', { cloud: 'china' }],
    ['another account', { email: 'other@example.com' }],
    ['other scopes', { scopes: 'send read' }],
    ['another audience', { audience: 'x' }],
    ['another token endpoint', { tokenEndpoint: 'https://other.example.com/t' }],
    ['another consent page', { authorizationEndpoint: 'https://id.example.com/a' }],
    ['a flow without a person', { flow: 'client-credentials' }],
  ] as const) {
    it(`is another one for ${title}`, () => {
      expect(key({ ...common, ...changes })).to.not.equal(key(common));
    });
  }

  for (const [title, changes] of [
    ['another client secret', { clientSecret: { value: 'x' } }],
    ['a certificate in place of the secret', { clientCertificate: { file: '/x' } }],
    ['another day on which the secret expires', { clientSecretExpires: '2027-01-31' }],
    ['another mailbox', { mailbox: 'shared@example.com' }],
    ['consent on another device', { flow: 'device-code' }],
    ['another address for device codes', { deviceAuthorizationEndpoint: 'https://id.example.com/d' }],
    ['capitals in the account', { email: 'Relay@Example.com' }],
    ['another SMTP mechanism', { method: 'XOAUTH2' }],
  ] as const) {
    it(`is the same for ${title}`, () => {
      expect(key({ ...common, ...changes })).to.equal(key(common));
    });
  }

  for (const [title, kind, place] of [
    ['another mail server', 'smtp', { host: 'evil.example' }],
    ['a mail server with another name in its certificate', 'smtp', { serverName: 'evil.example' }],
    ['another API', 'graph', { endpoint: 'https://evil.example' }],
    ['another API of Google', 'gmail', { endpoint: 'https://evil.example' }],
  ] as const) {
    it(`is another one for ${title}, to which its tokens would be shown`, () => {
      expect(key({ ...common, scopes: 'a' }, kind, place)).to.not.equal(
        key({ ...common, scopes: 'a' }, kind),
      );
    });
  }

  for (const [title, kind, place] of [
    ['another port', 'smtp', { port: 465, security: 'tls' }],
    ['capitals in the host', 'smtp', { host: 'SMTP.example.com' }],
    ['the address of the API written out', 'graph', { endpoint: 'https://graph.microsoft.com/' }],
  ] as const) {
    it(`is the same for ${title}`, () => {
      expect(key(common, kind, place)).to.equal(key(common, kind));
    });
  }

  it('is the same for every mail server of the provider', () => {
    const [one, other] = ['smtp.office365.com', 'smtp.gmail.com'].map((host) =>
      key(common, 'smtp', { host }),
    );
    expect(one).to.equal(other);
  });

  it('does not mind the order of scopes', () => {
    expect(key({ scopes: 'a b  c' })).to.equal(key({ scopes: 'c a b a' }));
  });

  it('follows the kind of upstream only where scopes are filled in', () => {
    const filled = { provider: 'microsoft', scopes: undefined };
    expect(key(filled, 'smtp')).to.not.equal(key(filled, 'graph'));
    expect(key({}, 'smtp', { host: 'smtp.office365.com' })).to.equal(key({}, 'graph'));
  });

  it('tells nothing of the settings', () => {
    expect(key(common)).to.match(/^[\w-]{32}$/);
  });
});
