import { expect } from 'chai';
import { checkOauth2, oauth2Warnings } from '../../src/settings/checks-oauth2.ts';
import { draftOf } from '../../src/settings/draft.ts';
import { faultText } from '../../src/settings/faults.ts';
import type { Json } from '../../src/settings/json.ts';

type Fields = Record<string, Json>;

const GUID = '00000000-1111-2222-3333-444444444444';
const MICROSOFT: Fields = { provider: 'microsoft', clientId: 'app', tenantId: 'contoso.example' };
const GOOGLE: Fields = { provider: 'google', clientId: 'app', clientSecret: { value: 's3cret' } };
const GENERIC: Fields = {
  provider: 'generic',
  clientId: 'app',
  authorizationEndpoint: 'https://login.example.com/authorize',
  tokenEndpoint: 'https://login.example.com/token',
};
const APPLICATION: Fields = {
  ...MICROSOFT,
  flow: 'client-credentials',
  clientSecret: { value: 's3cret' },
  mailbox: 'relay@example.com',
};
const ACCOUNT: Fields = {
  provider: 'google',
  flow: 'service-account',
  serviceAccount: { file: '/run/secrets/key.json' },
  mailbox: 'relay@example.com',
};

const document = (
  authentication: Fields,
  upstream: Fields = { kind: 'smtp', host: 'smtp.example.com' },
): Json => ({
  upstreams: [{ name: 'office', ...upstream, authentication: { type: 'oauth2', ...authentication } }],
});
const without = (fields: Fields, ...names: string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
const short = (text: string): string => text.replace(/^upstreams\[0\]\.(authentication\.)?/, '');

const faultsOf = (...given: Parameters<typeof document>): string[] => {
  const draft = draftOf(document(...given));
  expect(draft.upstreams[0]?.value, 'understood by the schema').to.not.equal(undefined);
  return checkOauth2(draft).map((fault) => short(faultText(fault)));
};
const warningsOf = (...given: Parameters<typeof document>): string[] =>
  oauth2Warnings(draftOf(document(...given))).map((fault) => short(faultText(fault)));

describe('checks of OAuth settings', () => {
  for (const [name, fields, upstream] of [
    ['Microsoft by tenant', MICROSOFT],
    [
      'Microsoft by endpoints, as in BT-10',
      {
        ...without(MICROSOFT, 'tenantId'),
        tokenEndpoint: 'https://login.microsoftonline.com/x/oauth2/v2.0/token',
      },
    ],
    ['Microsoft application with secret', APPLICATION],
    [
      'Microsoft application with certificate',
      { ...without(APPLICATION, 'clientSecret'), clientCertificate: { file: 'a.pem' } },
    ],
    ['Microsoft application per sender', { ...APPLICATION, perSender: true }],
    ['Graph', MICROSOFT, { kind: 'graph' }],
    ['Google', GOOGLE],
    ['Gmail', GOOGLE, { kind: 'gmail' }],
    ['Google service account', ACCOUNT],
    ['any other', GENERIC],
    ['any other on this machine', { ...GENERIC, tokenEndpoint: 'http://[::1]:8080/token' }],
  ] as readonly (readonly [string, Fields, Fields?])[]) {
    it(`accept ${name} without a warning`, () => {
      expect(faultsOf(fields, upstream)).to.deep.equal([]);
      expect(warningsOf(fields, upstream)).to.deep.equal([]);
    });
  }

  const BAD: readonly (readonly [Fields, string, string, Fields?])[] = [
    [without(MICROSOFT, 'clientId'), 'clientId is missing', 'client id'],
    [without(MICROSOFT, 'tenantId'), 'tenantId is missing', 'tokenEndpoint'],
    [
      without(APPLICATION, 'clientSecret'),
      'clientSecret is missing',
      'clientCertificate, or clientAssertion',
    ],
    [
      { ...APPLICATION, clientAssertion: { file: 'x' } },
      'clientAssertion stands beside clientSecret',
      'leave one',
    ],
    [without(APPLICATION, 'mailbox'), 'mailbox is missing', 'sends from'],
    [{ ...APPLICATION, tenantId: 'Common' }, 'tenantId names no tenant (Common)', 'Directory'],
    [
      {
        ...without(APPLICATION, 'tenantId'),
        tokenEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
      },
      'tokenEndpoint names no tenant (common)',
      'Directory',
    ],
    [
      { ...APPLICATION, scopes: 'https://outlook.office.com/SMTP.Send' },
      'scopes are for a person',
      '/.default',
    ],
    [
      { ...MICROSOFT, flow: 'service-account', email: 'a@b.c' },
      'flow service-account exists at Google only',
      'client-credentials',
    ],
    [
      { ...GOOGLE, flow: 'client-credentials', email: 'a@b.c' },
      'flow client-credentials does not exist at Google',
      'service-account',
    ],
    [{ ...MICROSOFT, perSender: true }, 'perSender needs an application', 'client-credentials'],
    [without(ACCOUNT, 'serviceAccount'), 'serviceAccount is missing', 'JSON key file'],
    [without(ACCOUNT, 'mailbox'), 'mailbox is missing', 'address'],
    [
      { ...ACCOUNT, mailbox: 'x@y.iam.gserviceaccount.com' },
      'mailbox is the service account',
      'the user is the mailbox',
    ],
    [
      { ...GOOGLE, email: 'x@y.iam.gserviceaccount.com' },
      'email is the service account',
      'the user is the mailbox',
    ],
    [
      { ...GOOGLE, clientCertificate: { file: 'x' } },
      'clientCertificate is for provider microsoft only',
      'clientSecret',
    ],
    [without(GENERIC, 'tokenEndpoint'), 'tokenEndpoint is missing', 'gives tokens'],
    [without(GENERIC, 'authorizationEndpoint'), 'authorizationEndpoint is missing', 'consent page'],
    [{ ...GENERIC, flow: 'device-code' }, 'deviceAuthorizationEndpoint is missing', 'device codes'],
    [{ ...GENERIC, flow: 'client-credentials', mailbox: 'a@b.c' }, 'clientSecret is missing', 'secret'],
    [
      { ...GENERIC, tokenEndpoint: 'http://login.example.com/token' },
      'tokenEndpoint sends secrets in clear',
      'https://',
    ],
    [
      { ...GENERIC, authorizationEndpoint: 'https://u:p@login.example.com/' },
      'authorizationEndpoint holds a user name',
      'leave them out',
    ],
    [
      { ...GENERIC, tokenEndpoint: 'https://login.example.com/#x' },
      'tokenEndpoint has a part behind #',
      'leave it out',
    ],
    [GOOGLE, 'provider is google, but kind: graph needs microsoft', 'write microsoft', { kind: 'graph' }],
    [MICROSOFT, 'provider is microsoft, but kind: gmail needs google', 'write google', { kind: 'gmail' }],
    [
      MICROSOFT,
      'endpoint sends secrets in clear',
      'https://',
      { kind: 'graph', endpoint: 'http://graph.example.com' },
    ],
  ];
  for (const [fields, wrong, remedy, upstream] of BAD) {
    it(`refuse: ${wrong}`, () => {
      const found = faultsOf(fields, upstream);
      expect(found).to.have.length(1);
      expect(found[0]).to.match(/; /).and.contain(wrong).and.contain(remedy);
      expect(found[0]).to.not.contain('s3cret');
    });
  }

  it('refuse a password, or nothing, for an API', () => {
    for (const authentication of [undefined, { type: 'password', user: 'a', password: { value: 'x' } }]) {
      const upstream = { name: 'office', kind: 'graph', ...(authentication ? { authentication } : {}) };
      const found = checkOauth2(draftOf({ upstreams: [upstream] })).map(faultText);
      expect(found).to.have.length(1);
      expect(found[0]).to.contain('authentication.type').and.contain('write oauth2');
    }
  });

  const ODD: readonly (readonly [Fields, string, Fields?])[] = [
    [
      { ...MICROSOFT, clientSecret: { value: GUID } },
      'clientSecret looks like the id of the secret; paste its Value',
    ],
    [{ ...MICROSOFT, clientSecret: { value: ' abc\n' } }, 'clientSecret begins or ends with a space'],
    [
      { ...GOOGLE, scopes: 'https://www.googleapis.com/auth/gmail.send' },
      'scopes are not enough for SMTP at Google',
    ],
    [{ ...GOOGLE, flow: 'device-code' }, 'flow device-code gives no mail scopes at Google'],
    [without(GOOGLE, 'clientSecret'), 'clientSecret is missing, and Google mostly wants it'],
    [{ ...MICROSOFT, scopes: 'https://graph.microsoft.com/Mail.Send' }, 'scopes are for Graph'],
    [
      { ...MICROSOFT, scopes: 'https://outlook.office.com/SMTP.Send' },
      'scopes are for Exchange',
      { kind: 'graph' },
    ],
    [{ ...GENERIC, scopes: 'openid mail' }, 'scopes lack offline_access'],
    [{ ...GENERIC, tenantId: 'x' }, 'tenantId has no effect'],
    [{ ...MICROSOFT, audience: 'x' }, 'audience has no effect'],
    [{ ...GOOGLE, serviceAccount: { file: 'x' } }, 'serviceAccount has no effect'],
    [
      { ...MICROSOFT, tokenEndpoint: 'https://login.microsoftonline.com/x/oauth2/token' },
      'tokenEndpoint is the old one, which knows no scopes',
    ],
  ];
  for (const [fields, words, upstream] of ODD) {
    it(`warn: ${words}`, () => {
      const found = warningsOf(fields, upstream);
      expect(found).to.have.length(1);
      expect(found[0]).to.contain(words).and.not.contain('s3cret');
      expect(faultsOf(fields, upstream)).to.deep.equal([]);
    });
  }

  it('see nothing wrong with a secret that cannot be seen', () => {
    const unseen = { ...MICROSOFT, clientSecret: { file: GUID } };
    expect(warningsOf(unseen)).to.deep.equal([]);
  });

  it('leave other upstreams alone', () => {
    const upstreams: Json = [
      { name: 'a', kind: 'smtp', host: 'smtp.example.com' },
      { name: 'b', kind: 'test-relay' },
      { name: 'c', kind: 'nonsense' },
    ];
    expect(checkOauth2(draftOf({ upstreams }))).to.deep.equal([]);
    expect(oauth2Warnings(draftOf({ upstreams }))).to.deep.equal([]);
  });
});
