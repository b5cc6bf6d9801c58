import { expect } from 'chai';
import { endpointsOf, MICROSOFT_CLOUDS, scopesOf } from '../../src/oauth/endpoints.ts';
import { oauthSettings } from './support-provider.ts';

describe('endpoints of providers', () => {
  it('are filled in by Google, Microsoft and its clouds, and never guessed for others', () => {
    expect(endpointsOf(oauthSettings({ provider: 'generic' }))).to.deep.equal({});
    expect(endpointsOf(oauthSettings({ provider: 'google' })).token).to.equal(
      'https://oauth2.googleapis.com/token',
    );
    const china = oauthSettings({ provider: 'microsoft', tenantId: 't', cloud: 'china' });
    expect(endpointsOf(china)).to.deep.equal({
      authorization: 'https://login.partner.microsoftonline.cn/t/oauth2/v2.0/authorize',
      token: 'https://login.partner.microsoftonline.cn/t/oauth2/v2.0/token',
      device: 'https://login.partner.microsoftonline.cn/t/oauth2/v2.0/devicecode',
    });
  });

  it('are those of the form of BT-10: no tenant, but its authorization and token endpoint', () => {
    const base = 'https://login.microsoftonline.com/contoso.example/oauth2/v2.0';
    const typed = { authorizationEndpoint: `${base}/authorize`, tokenEndpoint: `${base}/token` };
    const settings = oauthSettings({ provider: 'microsoft', ...typed });
    expect(endpointsOf(settings)).to.deep.equal({
      authorization: `${base}/authorize`,
      token: `${base}/token`,
      device: `${base}/devicecode`,
    });
  });

  it('cannot be led elsewhere by a tenant with slashes', () => {
    const { token } = endpointsOf(
      oauthSettings({ provider: 'microsoft', tenantId: '../../@evil.example/x' }),
    );
    expect(new URL(token ?? '').host).to.equal('login.microsoftonline.com');
    expect(token).to.contain('%2F..%2F');
  });

  it('name the scopes that each purpose needs, in each cloud', () => {
    const delegated = oauthSettings({ provider: 'microsoft' });
    expect(scopesOf(delegated, 'smtp')).to.equal('https://outlook.office.com/SMTP.Send offline_access');
    expect(scopesOf(delegated, 'graph')).to.equal('https://graph.microsoft.com/Mail.Send offline_access');
    for (const [cloud, { graph, application }] of Object.entries(MICROSOFT_CLOUDS)) {
      const settings = oauthSettings({ provider: 'microsoft', flow: 'client-credentials', cloud });
      expect(scopesOf(settings, 'smtp')).to.equal(`${application}/.default`);
      expect(scopesOf(settings, 'graph')).to.equal(`${graph}/.default`);
    }
    const google = oauthSettings({ provider: 'google' });
    expect(scopesOf(google, 'smtp')).to.equal('https://mail.google.com/');
    expect(scopesOf(google, 'gmail')).to.equal('https://www.googleapis.com/auth/gmail.send');
    expect(scopesOf(oauthSettings({ provider: 'generic' }), 'smtp')).to.equal(undefined);
    expect(scopesOf(oauthSettings({ provider: 'google', scopes: ' a\n b ' }), 'smtp')).to.equal('a b');
  });
});
