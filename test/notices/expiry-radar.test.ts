import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { describeCertificate } from '../../src/certificates/inspect.ts';
import { makeSelfSigned as makeOwn } from '../../src/certificates/make-self-signed.ts';
import { createAlerts } from '../../src/notices/alerts.ts';
import { createExpiryRadar } from '../../src/notices/expiry-radar.ts';
import type { AuthorizationStatus } from '../../src/oauth/authorizations.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { SettingsInput } from '../../src/settings/schema.ts';
import type { SecretSource } from '../../src/settings/schema-values.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import { makeSelfSigned, type TestCertificate } from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { liveSettings } from '../support/network.ts';
import { recordLog } from '../support/recorded-log.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 2, 8);

const office = (expires?: string, more: object = {}): SettingsInput => ({
  upstreams: [
    {
      name: 'office',
      kind: 'smtp',
      host: 'smtp.office365.com',
      authentication: {
        type: 'oauth2',
        provider: 'microsoft',
        clientId: 'app-1',
        ...(expires === undefined ? {} : { clientSecret: { value: 'hush' }, clientSecretExpires: expires }),
        ...more,
      },
    },
  ],
});

/** Everything around it is in memory, and the clock stands still. */
function create(
  input: SettingsInput,
  more: {
    readonly reveal?: (source: SecretSource) => Promise<Secret>;
    readonly authorizations?: () => Promise<readonly AuthorizationStatus[]>;
    readonly anchors?: readonly TestCertificate[];
    readonly certificates?: Readonly<Record<string, { certificate: string; key: string }>>;
    readonly adminCertificate?: string;
    readonly anchorHost?: string;
  } = {},
) {
  const clock = new ManualClock(NOW);
  const log = recordLog();
  const metrics = createMetrics({ processMetrics: false });
  const alerts = createAlerts({ log: log.log, meter: metrics.meter, clock });
  const settings = liveSettings(input, more.reveal);
  const { anchors = [], certificates = {} } = more;
  const changed = new Set<() => void>();
  const radar = createExpiryRadar({
    settings,
    authorizations: more.authorizations ?? (async () => []),
    trustAnchors: {
      list: () =>
        anchors.map(({ certificate }) => ({
          file: '/data/certs/old.pem',
          ...describeCertificate(new X509Certificate(certificate)),
          ...(more.anchorHost === undefined ? {} : { host: more.anchorHost }),
        })),
      onChange: () => () => undefined,
    },
    serverCertificates: {
      async get(name) {
        const found = certificates[name];
        if (found === undefined) throw new RelayError('not-found', 'there is none');
        return found;
      },
      onChange(callback) {
        changed.add(callback);
        return () => changed.delete(callback);
      },
    },
    ...(more.adminCertificate === undefined ? {} : { adminCertificate: more.adminCertificate }),
    alerts,
    meter: metrics.meter,
    clock,
    log: log.log,
  });
  const keys = () => alerts.list().map(({ key }) => key);
  const certificatesChanged = () => changed.forEach((callback) => callback());
  return { radar, alerts, keys, certificatesChanged, settings, clock, metrics, lines: log.lines };
}

describe('createExpiryRadar', () => {
  it('raises each threshold once, every hour that it looks, and clears it when the next is reached', async () => {
    const { radar, alerts, clock, keys } = create(office('2026-12-03'));
    const told: string[] = [];
    alerts.onRaised(({ key, level }) => told.push(`${key} ${level}`));
    radar.start();
    try {
      await radar.look();
      expect(keys()).to.deep.equal([]);
      for (let hour = 0; hour < 24 * 32; hour += 1) {
        clock.advance(HOUR);
        await radar.look();
      }
      expect(told).to.deep.equal([
        'expiry client-secret office 30 warning',
        'expiry client-secret office 14 warning',
        'expiry client-secret office 7 warning',
        'expiry client-secret office 1 critical',
        'expiry client-secret office 0 critical',
      ]);
      expect(keys()).to.deep.equal(['expiry client-secret office 0']);
    } finally {
      radar.stop();
    }
    expect(clock.pending).to.equal(0);
  });

  it('looks by itself at the start, every hour and when settings change', async () => {
    const { radar, settings, clock, keys } = create(office('2026-12-03'));
    radar.start();
    try {
      await until(() => radar.list().length === 1, 'the first look');
      clock.advance(2 * DAY);
      await until(() => keys().length === 1, 'the alert of 30 days');
      settings.change(office('2028-01-01'));
      await until(() => keys().length === 0, 'the alert is over');
      expect(radar.list()[0]).to.include({ level: 'ok', expiresAt: Date.UTC(2028, 0, 1) });
    } finally {
      radar.stop();
    }
    settings.change(office('2026-11-03'));
    clock.advance(DAY);
    expect(keys()).to.deep.equal([]);
  });

  it('reads the day of a client certificate, whatever else its file holds', async () => {
    const { certificate, key } = await makeSelfSigned({ validTo: NOW + 10 * DAY });
    const { radar, metrics, alerts } = create(office(undefined, { clientCertificate: { file: 'x.pem' } }), {
      reveal: async () => new Secret(`${key}\n${certificate}`),
    });
    await radar.look();
    expect(radar.list()).to.have.length(1);
    const [item] = radar.list();
    expect(item).to.include({ kind: 'client-certificate', level: 'warning' });
    expect(item?.expiresAt).to.be.closeTo(NOW + 10 * DAY, 1000);
    expect(item?.remedy).to.include('App registrations → the application app-1 → Certificates & secrets');
    expect(item?.remedy).to.include('authentication.clientCertificate of the upstream office');
    expect(JSON.stringify([radar.list(), alerts.list()])).not.to.include('PRIVATE');
    expect(await metrics.text()).to.match(
      /postern_expiry_seconds\{kind="client-certificate",name="office"\} 86[34]\d{3}/,
    );
  });

  it('says so when a client certificate cannot be read, or is none', async () => {
    let source: Promise<Secret> | undefined;
    const gone = new RelayError('secret-unavailable', 'the secret file x.pem cannot be read (ENOENT)');
    const { radar, keys } = create(office(undefined, { clientCertificate: { file: 'x.pem' } }), {
      reveal: () => source ?? Promise.reject(gone),
    });
    await radar.look();
    expect(radar.list()[0]?.text).to.include('x.pem cannot be read (ENOENT)');
    expect(keys()).to.deep.equal(['expiry client-certificate office unreadable']);
    for (const text of [
      'hush',
      '-----BEGIN CERTIFICATE-----\nhush\n-----END CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----'.repeat(50),
    ]) {
      source = Promise.resolve(new Secret(text));
      await radar.look();
      expect(radar.list()[0]?.text).to.equal(
        'The client certificate of upstream office holds no certificate in PEM form.',
      );
    }
  });

  it('watches trust anchors and the certificates of listeners, but not the one that renews itself', async () => {
    const own = await makeOwn({ hosts: ['relay.example'], now: NOW - 1000 * DAY });
    const { certificate, key } = await makeSelfSigned({ validTo: NOW + 3 * DAY });
    const listener = { port: 0, security: 'tls' } as const;
    const { radar } = create(
      {
        listeners: [
          { ...listener, name: 'printers', certificate: 'office' },
          { ...listener, name: 'scanners', certificate: 'office' },
          { ...listener, name: 'default one' },
          { ...listener, name: 'broken', certificate: 'gone' },
          { ...listener, name: 'plain', security: 'none', certificate: 'unused' },
        ],
      },
      {
        anchors: [await makeSelfSigned({ commonName: 'mail.example', validTo: NOW + DAY / 2 })],
        certificates: { office: { certificate, key }, default: own, unused: { certificate, key } },
      },
    );
    await radar.look();
    expect(radar.list().map(({ kind, level }) => `${kind} ${level}`)).to.deep.equal([
      'trust-anchor critical',
      'server-certificate warning',
    ]);
    expect(radar.list()[0]?.text).to.include('The trust anchor mail.example (old.pem) expires within a day');
    expect(radar.list()[1]?.text).to.include('office (listeners printers, scanners) expires in');
    expect(radar.list()[1]?.remedy).to.include('office.crt');
  });

  it('watches the certificate of the admin, sees a new one at once, and names the host of a pinned trust anchor', async () => {
    const old = await makeSelfSigned({ validTo: NOW + 3 * DAY });
    const certificates: Record<string, { certificate: string; key: string }> = { web: old };
    const ended = await makeSelfSigned({ commonName: 'mail.example', validFrom: 0, validTo: NOW - DAY });
    const { radar, certificatesChanged } = create(
      {},
      { certificates, adminCertificate: 'web', anchors: [ended], anchorHost: 'nas.lan' },
    );
    radar.start();
    await radar.look();
    expect(radar.list().map(({ text }) => text.replace(/ on .*| expires in .*/, ''))).to.deep.equal([
      'The trust anchor mail.example for nas.lan (old.pem) has expired',
      'The server certificate web (the admin)',
    ]);
    expect(radar.list()[0]?.remedy).to.contain('import-cert FILE --host nas.lan');
    certificates['web'] = await makeSelfSigned({ validTo: NOW + 300 * DAY });
    certificatesChanged();
    await until(() => radar.list()[1]?.level === 'ok', 'the new one is seen');
    radar.stop();
  });

  it('goes on with what it knew when the authorizations cannot be looked at', async () => {
    const status: AuthorizationStatus = {
      upstream: 'office',
      provider: 'microsoft',
      flow: 'authorization-code',
      state: 'none',
    };
    let works = true;
    const { radar, keys, lines } = create(office('2026-11-05'), {
      authorizations: () =>
        works ? Promise.resolve([status]) : Promise.reject(new Error('the store is gone')),
    });
    await radar.look();
    works = false;
    await radar.look();
    expect(keys()).to.include.members([
      'expiry authorization office unused',
      'expiry client-secret office 7',
    ]);
    expect(lines.some((line) => line.includes('the store is gone'))).to.equal(true);
  });

  it('looks once more, not once for each, when many ask at a time', async () => {
    let looks = 0;
    const { radar } = create(office('2026-11-05'), {
      authorizations: async () => {
        looks += 1;
        return [];
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => radar.look()));
    expect(looks).to.equal(2);
  });
});
