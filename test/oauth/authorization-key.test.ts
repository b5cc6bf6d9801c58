import { expect } from 'chai';
import { authorizationKey } from '../../src/oauth/authorization-key.ts';
import { oauthOf } from '../../src/oauth/authorizations.ts';
import type { UpstreamSettings } from '../../src/settings/schema-upstreams.ts';
import { oauthUpstream } from '../support/token-bench.ts';

function key(changes: object, kind: UpstreamSettings['kind'] = 'smtp'): string {
  const settings = oauthOf(oauthUpstream(changes));
  if (settings === undefined) throw new Error('no OAuth');
  return authorizationKey(settings, kind);
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

  it('does not mind the order of scopes', () => {
    expect(key({ scopes: 'a b  c' })).to.equal(key({ scopes: 'c a b a' }));
  });

  it('follows the kind of upstream only where scopes are filled in', () => {
    const filled = { provider: 'microsoft', scopes: undefined };
    expect(key(filled, 'smtp')).to.not.equal(key(filled, 'graph'));
    expect(key({}, 'smtp')).to.equal(key({}, 'graph'));
  });

  it('tells nothing of the settings', () => {
    expect(key(common)).to.match(/^[\w-]{32}$/);
  });
});
