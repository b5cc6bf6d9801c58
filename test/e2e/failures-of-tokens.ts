/** What token endpoints answer, and what has to come of it. */
import { away, type FailureRow, HOUR, held, play } from './failure-row.ts';

const TOKEN = { token: 'ended' } as const;
export const tokenRows: readonly FailureRow[] = [
  {
    row: 'AADSTS7000222 secret expired',
    play: play('secret-expired'),
    ...TOKEN,
    ...held(
      'office',
      'authentication',
      /client secret has expired.*AADSTS7000222/s,
      /new client secret at https:\/\/entra\.microsoft\.com\/\S+Credentials\S+ .*clientSecret of upstream office/,
    ),
  },
  {
    row: "AADSTS7000215 wrong secret, or the secret's id",
    play: play('wrong-secret'),
    ...TOKEN,
    ...held(
      'office',
      'authentication',
      /client secret is wrong.*AADSTS7000215/s,
      /Value as clientSecret, not its Secret ID/,
    ),
  },
  {
    row: 'AADSTS700016 wrong tenant or app',
    play: play('wrong-application'),
    ...TOKEN,
    ...held('office', 'configuration', /not known in the tenant.*AADSTS700016/s, /clientId and tenantId/),
  },
  {
    row: 'AADSTS90002 wrong tenant',
    play: play('wrong-tenant'),
    ...TOKEN,
    ...held('office', 'configuration', /no tenant.*AADSTS90002/s, /Directory \(tenant\) ID/),
  },
  {
    row: 'AADSTS900382 wrong cloud',
    play: play('wrong-cloud'),
    ...TOKEN,
    ...held('office', 'configuration', /AADSTS900382/, /cloud: global, us-government/),
  },
  {
    row: '/common is not supported',
    play: play('common-not-supported'),
    ...TOKEN,
    ...held(
      'office',
      'configuration',
      /\/common endpoint is not supported/,
      /Directory \(tenant\) ID.*not \/common/,
    ),
  },
  {
    row: 'Google unauthorized_client',
    play: play('google-unauthorized-client'),
    ...TOKEN,
    ...held(
      'gmail-smtp',
      'configuration',
      /domain-wide delegation lacks this client id or scope.*unauthorized_client/s,
      /admin\.google\.com\/ac\/owl\/domainwidedelegation add the client id \d+ with the scope https:\/\/mail\.google\.com\//,
    ),
  },
  ...(
    [
      ['connection lost', 'token-reset', 'unreachable', /localhost:\d+ .*(closed|reset|broke)/i],
      ['429', 'token-throttled', 'throttled', /fewer requests.*AADSTS90055/s],
      ['429 with Retry-After', 'token-retry-after', 'throttled', /fewer requests/],
      ['500', 'token-server-error', 'unreachable', /fault of its own \(HTTP 500\)/],
      ['503', 'token-unavailable', 'unreachable', /fault of its own \(HTTP 503\)/],
      ['200 with nothing in it', 'token-empty', 'unreachable', /without a usable token/],
      ['200 with an empty token', 'token-blank', 'unreachable', /without a usable token/],
      ['200 with a page', 'token-not-json', 'unreachable', /a page in place of a token/],
    ] as const
  ).flatMap(([what, scenario, reason, words]): FailureRow[] => [
    {
      row: `token endpoint: ${what}, no token left`,
      play: play(scenario),
      ...TOKEN,
      upstream: 'office',
      ...away,
      within: 70,
      journal: `waiting ${reason}`,
      words,
    },
    {
      row: `token endpoint: ${what}, a token still lives`,
      play: play(scenario),
      token: 'ageing',
      upstream: 'office',
      fate: 'delivered',
      journal: 'delivered',
      words: /2\.0\.0 OK/,
      attempts: 1,
      tokenRequestsAtLeast: 1,
    },
  ]),
];

/** Postern believes a provider after three tries over minutes. */
export const grantRows: readonly FailureRow[] = (
  [
    ['700082 unused for 90 days', 'grant-unused', /AADSTS700082|not used for 90 days/],
    ['70043 sign-in frequency', 'grant-sign-in-frequency', /sign-in frequency/],
    ['50173 password reset', 'grant-password-changed', /password of relay@example\.com was changed/],
  ] as const
).map(([what, scenario, words]) => ({
  row: `invalid_grant ${what}`,
  play: play(scenario),
  ...TOKEN,
  ...held('office-consent', 'authentication', words, /authorize office-consent/),
  alertAfter: 120,
  // The refresh token was kept: once the provider takes it again, mail goes without anybody's doing.
  within: 2 * HOUR,
}));
