import { expect } from 'chai';
import { type TokenFacts, tokenWarnings } from '../../../src/delivery/verify/token-warnings.ts';
import type { OAuth2Settings } from '../../../src/settings/schema-oauth2.ts';
import { Secret } from '../../../src/shared/secret.ts';
import { jsonWebToken } from '../../support/fake-tokens.ts';
import { startScriptedServer } from '../../support/scripted-smtp-server.ts';
import { localUpstream, parsedUpstream, tokenSource, verifyUpstream } from './support.ts';

const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = '99999999-2222-3333-4444-555555555555';

function settings(more: Partial<OAuth2Settings> = {}): OAuth2Settings {
  const upstream = parsedUpstream(
    localUpstream(25, {
      authentication: {
        type: 'oauth2',
        provider: 'microsoft',
        flow: 'client-credentials',
        email: 'relay@example.com',
        tenantId: TENANT,
        clientId: CLIENT,
        clientSecret: { value: 'x' },
      },
    }),
  );
  if (!('authentication' in upstream) || upstream.authentication.type !== 'oauth2')
    throw new Error('not OAuth');
  return { ...upstream.authentication, ...more };
}

const facts = (more: Partial<TokenFacts> = {}): TokenFacts => ({
  upstream: 'office',
  settings: settings(),
  purpose: 'smtp',
  claims: { aud: 'https://outlook.office365.com', tid: TENANT, roles: ['SMTP.SendAsApp'] },
  scopes: undefined,
  lifetime: 3_600_000,
  mailbox: 'relay@example.com',
  ...more,
});
const delegated = settings({ flow: 'authorization-code' });
const google = settings({ provider: 'google', flow: 'authorization-code' });
const EXCHANGE = 'https://outlook.office365.com';

describe('what verify says of a token', () => {
  const rows: readonly { what: string; facts: Partial<TokenFacts>; text?: RegExp; remedy?: RegExp }[] = [
    { what: 'right for SMTP', facts: {} },
    {
      what: 'for Exchange, by its id',
      facts: { claims: { aud: '00000002-0000-0ff1-ce00-000000000000', roles: ['SMTP.SendAsApp'] } },
    },
    { what: 'that cannot be read', facts: { claims: undefined } },
    {
      what: 'for Graph in place of Exchange',
      facts: { claims: { aud: 'https://graph.microsoft.com', roles: ['SMTP.SendAsApp'] } },
      text: /is for https:\/\/graph\.microsoft\.com, and Exchange takes only/,
      remedy: /set it to: https:\/\/outlook\.office365\.com\/\.default\.$/,
    },
    {
      what: 'of an application without the permission',
      facts: { claims: { aud: EXCHANGE, roles: ['Mail.Read'] } },
      text: /no permission SMTP\.SendAsApp/,
      remedy: new RegExp(
        `application ${CLIENT}, API permissions.*New-ServicePrincipal -AppId ${CLIENT}.*-Identity relay@example\\.com`,
      ),
    },
    {
      what: 'of an application without Mail.Send',
      facts: { purpose: 'graph', claims: { aud: 'https://graph.microsoft.com' } },
      text: /no permission Mail\.Send/,
      remedy: /Microsoft Graph, Application permissions, Mail\.Send; then Grant admin consent/,
    },
    {
      what: 'with a consent for something else',
      facts: {
        settings: delegated,
        claims: { aud: 'https://outlook.office.com', scp: 'IMAP.AccessAsUser.All' },
      },
      text: /does not hold SMTP\.Send; it holds: IMAP/,
      remedy:
        /SMTP\.Send offline_access\. Then authorize again on the page E-mail configuration, or with "scripts\/postern authorize office"$/,
    },
    {
      what: 'with the consent for SMTP',
      facts: { settings: delegated, claims: { aud: 'https://outlook.office.com', scp: 'SMTP.Send' } },
    },
    {
      what: 'of Google for the API in place of SMTP',
      facts: { settings: google, claims: undefined, scopes: 'https://www.googleapis.com/auth/gmail.send' },
      text: /SMTP at Gmail needs the scope https:\/\/mail\.google\.com\//,
      remedy: /https:\/\/mail\.google\.com\/.*authorize office"$/,
    },
    {
      what: 'of Google for the API',
      facts: {
        settings: google,
        purpose: 'gmail',
        claims: undefined,
        scopes: 'openid https://www.googleapis.com/auth/gmail.send',
      },
    },
    {
      what: 'of another tenant',
      facts: {
        claims: { aud: EXCHANGE, roles: ['SMTP.SendAsApp'], tid: 'aaaaaaaa-2222-3333-4444-555555555555' },
      },
      text: /of the tenant aaaaaaaa/,
      remedy: /authentication\.tenantId of the upstream office/,
    },
    {
      what: 'that ends soon',
      facts: { lifetime: 240_000 },
      text: /lives for 4 minutes only, and Exchange refuses/,
      remedy: /Raise the lifetime/,
    },
  ];
  for (const row of rows) {
    it(`${row.text ? 'warns of' : 'lets pass'} one ${row.what}`, () => {
      const warnings = tokenWarnings(facts(row.facts));
      expect(warnings.map(({ text }) => text)).to.have.length(row.text ? 1 : 0);
      if (row.text) expect(warnings[0]?.text).to.match(row.text);
      if (row.remedy) expect(warnings[0]?.remedy).to.match(row.remedy);
    });
  }

  it('shows claims, and never the token, even when the server echoes it', async () => {
    const claims = { aud: EXCHANGE, tid: TENANT, roles: ['SMTP.SendAsApp'], appid: CLIENT };
    const text = jsonWebToken(claims, 1500);
    const tokens = tokenSource({ kind: 'token', token: new Secret(text), expiresAt: Date.now() + 3_600_000 });
    const challenge = Buffer.from(`{"status":"400","token":"${text}"}`).toString('base64');
    const server = await startScriptedServer({
      mechanisms: ['XOAUTH2'],
      script: { auth: { reply: `535 5.7.3 your token ${text} and ${challenge}` } },
    });
    try {
      const upstream = localUpstream(server.port, {
        authentication: {
          type: 'oauth2',
          provider: 'microsoft',
          flow: 'client-credentials',
          email: 'relay@example.com',
          tenantId: TENANT,
          clientId: CLIENT,
          clientSecret: { value: 'planted-client-secret-value' },
        },
      });
      const { step, steps } = await verifyUpstream(upstream, { tokens });
      expect(step('token')?.details).to.deep.include({
        audience: EXCHANGE,
        tenant: TENANT,
        roles: ['SMTP.SendAsApp'],
        application: CLIENT,
        flow: 'client-credentials',
      });
      expect(step('sign-in')?.result).to.equal('failed');
      const told = JSON.stringify(steps);
      for (const piece of [text, text.split('.')[1] ?? '', text.slice(-60), 'planted-client-secret']) {
        expect(told).not.to.contain(piece);
      }
    } finally {
      await server.close();
    }
  });
});
