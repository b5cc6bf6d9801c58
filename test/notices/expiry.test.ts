import { expect } from 'chai';
import { assess, type Expiring, thresholdOf } from '../../src/notices/expiry.ts';
import { expiryOfAuthorization, expiryOfClientSecret } from '../../src/notices/expiry-of-upstream.ts';
import type { AuthorizationStatus } from '../../src/oauth/authorizations.ts';
import { type OAuth2Settings, oauth2Authentication } from '../../src/settings/schema-oauth2.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 2, 8);

describe('thresholdOf', () => {
  for (const [days, expected] of [
    [400, undefined],
    [30.01, undefined],
    [30, 30],
    [14.5, 30],
    [14, 14],
    [7.1, 14],
    [7, 7],
    [1.1, 7],
    [1, 1],
    [0.01, 1],
    [0, 0],
    [-100, 0],
  ] as const) {
    it(`is ${expected} with ${days} days left`, () => {
      expect(thresholdOf(NOW + days * DAY, NOW)).to.equal(expected);
    });
  }
});

describe('assess', () => {
  const secret: Expiring = {
    kind: 'client-secret',
    name: 'office',
    upstream: 'office',
    subject: 'The client secret of upstream office',
    remedy: 'Make a new one.',
  };
  for (const [days, level, text] of [
    [100, 'ok', 'expires in 100 days, on 2027-02-10.'],
    [20, 'warning', 'expires in 20 days, on 2026-11-22.'],
    [1.5, 'warning', 'expires in 1 day, on 2026-11-03.'],
    [0.5, 'critical', 'expires within a day, on 2026-11-02.'],
    [-3, 'critical', 'has expired on 2026-10-30.'],
  ] as const) {
    it(`says that something ${text}`, () => {
      const { item, alert } = assess({ ...secret, expiresAt: NOW + days * DAY }, NOW);
      expect(item).to.include({ level, text: `The client secret of upstream office ${text}` });
      expect(alert === undefined).to.equal(level === 'ok');
      if (alert) expect(alert).to.include({ remedy: 'Make a new one.', upstream: 'office', level });
    });
  }

  it('has one alert for each threshold', () => {
    const keys = [29, 20, 13, 10, 6, 0.5, 0.1, -1, -50].map(
      (days) => assess({ ...secret, expiresAt: NOW + days * DAY }, NOW).alert?.key,
    );
    expect(keys).to.deep.equal(
      [30, 30, 14, 14, 7, 1, 1, 0, 0].map((days) => `expiry client-secret office ${days}`),
    );
  });

  it('says what is wrong whatever the day, and leaves alerts to those who raise them', () => {
    const trouble = { state: 'void', text: 'It is void.', told: true };
    expect(assess({ ...secret, trouble }, NOW)).to.deep.equal({
      item: {
        kind: 'client-secret',
        name: 'office',
        upstream: 'office',
        level: 'warning',
        text: 'It is void.',
        remedy: 'Make a new one.',
      },
    });
    const { alert } = assess({ ...secret, trouble: { ...trouble, told: false } }, NOW);
    expect(alert?.key).to.equal('expiry client-secret office void');
  });

  it('survives a day that no calendar has', () => {
    expect(assess({ ...secret, expiresAt: 1e300 }, NOW).item.text).to.include('no day');
  });
});

const oauth = (more: Record<string, unknown>): OAuth2Settings =>
  oauth2Authentication.parse({
    type: 'oauth2',
    provider: 'microsoft',
    clientSecret: { value: 'x' },
    clientSecretExpires: '2027-01-31',
    ...more,
  });

describe('expiryOfClientSecret', () => {
  for (const [provider, words] of [
    [
      'microsoft',
      'Microsoft Entra admin center → App registrations → the application app-1 → Certificates & secrets → Client secrets → New client secret',
    ],
    ['google', 'Google Cloud console → Google Auth Platform → Clients → app-1 → Add secret'],
    ['generic', 'Make a new one for the application app-1 at id.example.com'],
  ] as const) {
    it(`names the page of ${provider} and the setting`, () => {
      const settings = oauth({ provider, clientId: 'app-1', tokenEndpoint: 'https://id.example.com/token' });
      const found = expiryOfClientSecret('office', settings);
      expect(found?.expiresAt).to.equal(Date.UTC(2027, 0, 31));
      expect(found?.remedy).to.include(words);
      expect(found?.remedy).to.include('authentication.clientSecret of the upstream office');
      expect(found?.remedy).to.include('clientSecretExpires');
    });
  }

  it('is silent where no day is known', () => {
    expect(expiryOfClientSecret('office', oauth({ clientSecretExpires: undefined }))).to.equal(undefined);
    expect(expiryOfClientSecret('office', oauth({ clientSecret: undefined }))).to.equal(undefined);
  });
});

describe('expiryOfAuthorization', () => {
  const status = (more: Partial<AuthorizationStatus>): AuthorizationStatus => ({
    upstream: 'office',
    provider: 'microsoft',
    flow: 'authorization-code',
    state: 'authorized',
    authorizedAt: NOW - 300 * DAY,
    renewedAt: NOW - DAY,
    ...more,
  });
  const rows: readonly [string, Partial<AuthorizationStatus>, string | undefined, number | undefined][] = [
    ['one that is renewed', {}, undefined, 89],
    ['one that is renewed, at Google', { provider: 'google' }, undefined, 179],
    ['one whose provider keeps it for ever', { provider: 'generic' }, undefined, undefined],
    ['one that was not renewed for 8 days', { renewedAt: NOW - 8 * DAY }, 'not-renewed', 82],
    ['one that cannot be renewed now', { state: 'failing' }, 'failing', 89],
    [
      'one that could not be renewed for 8 days',
      { state: 'failing', renewedAt: NOW - 8 * DAY },
      'not-renewed',
      82,
    ],
    ['one that is void', { state: 'void' }, 'void', undefined],
    ['one that was given for other settings', { state: 'stale' }, 'stale', undefined],
  ];
  for (const [what, more, state, days] of rows) {
    it(`sees ${what}`, () => {
      const found = expiryOfAuthorization(status(more), NOW);
      expect(found?.trouble?.state).to.equal(state);
      expect(found?.expiresAt).to.equal(days === undefined ? undefined : NOW + days * DAY);
      expect(found?.remedy).to.be.a('string');
    });
  }

  it('says that nobody has signed in yet', () => {
    const never: AuthorizationStatus = {
      upstream: 'office',
      provider: 'google',
      flow: 'device-code',
      state: 'none',
    };
    expect(expiryOfAuthorization(never, NOW)?.trouble).to.deep.equal({
      state: 'unused',
      text: 'Nobody has authorized upstream office yet.',
      remedy: 'Authorize it on the page E-mail configuration, or with "scripts/postern authorize office"',
    });
  });

  it('wants no renewal of an application that gets its tokens when it needs them', () => {
    for (const state of ['none', 'authorized', 'stale'] as const) {
      const idle = status({ flow: 'client-credentials', state, renewedAt: NOW - 100 * DAY });
      expect(expiryOfAuthorization(idle, NOW)).to.equal(undefined);
    }
    const refused = status({ flow: 'client-credentials', state: 'void', text: 'The application is gone.' });
    expect(expiryOfAuthorization(refused, NOW)?.trouble?.text).to.equal('The application is gone.');
  });
});
