import type { ServerCertificates } from '../certificates/sources.ts';
import type { LiveTrustAnchors } from '../certificates/trust-anchors.ts';
import { type AuthorizationStatus, oauthOf } from '../oauth/authorizations.ts';
import type { Settings } from '../settings/schema.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Alerts } from '../shared/alerts.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { errorText, RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';
import { assess, type Expiring, type ExpiryItem } from './expiry.ts';
import { expiryOfServerCertificate, expiryOfTrustAnchor } from './expiry-of-certificates.ts';
import {
  expiryOfAuthorization,
  expiryOfClientCertificate,
  expiryOfClientSecret,
} from './expiry-of-upstream.ts';

const EVERY = 3_600_000;
/** Alerts of the radar at once; more names than that nobody has. */
const MOST_ITEMS = 1000;

export interface ExpiryRadarDependencies {
  readonly settings: Pick<SettingsSource, 'current' | 'onChange' | 'reveal'>;
  readonly authorizations: () => Promise<readonly AuthorizationStatus[]>;
  readonly trustAnchors?: Pick<LiveTrustAnchors, 'list' | 'onChange'>;
  readonly serverCertificates?: Pick<ServerCertificates, 'get' | 'onChange'>;
  /** Name of the one with which the admin speaks https. */
  readonly adminCertificate?: string;
  readonly alerts: Alerts;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ExpiryRadar {
  /** Looks now, then every hour and whenever settings or certificates change. */
  start(): void;
  stop(): void;
  /** Looks now; for whoever has just renewed something. Never throws. */
  look(): Promise<void>;
  /** What ends and what is not as it should be, the soonest first. */
  list(): readonly ExpiryItem[];
}

/**
 * Warns 30, 14, 7 and 1 days before something ends that mail depends on, and when it has ended: client secrets and
 * certificates, authorizations, trust anchors, server certificates. Each threshold is one alert, which is cleared when the
 * next one is raised or the thing was renewed.
 */
export function createExpiryRadar(deps: ExpiryRadarDependencies): ExpiryRadar {
  const { settings, alerts, clock, log } = deps;
  let items: readonly ExpiryItem[] = [];
  let raised = new Set<string>();
  let authorizations: readonly AuthorizationStatus[] = [];
  let looking: Promise<void> | undefined;
  let again = false;
  let timer: Timer | undefined;
  let stops: (() => void)[] = [];

  deps.meter
    .gauge('postern_expiry_seconds', 'Seconds until something ends; negative afterwards.', ['kind', 'name'])
    .from(() =>
      items.flatMap(({ kind, name, expiresAt }) =>
        expiresAt === undefined ? [] : [{ labels: [kind, name], value: (expiresAt - clock.now()) / 1000 }],
      ),
    );

  async function gather(): Promise<readonly Expiring[]> {
    const current = settings.current();
    authorizations = await deps.authorizations().catch((error: unknown) => {
      log.warn({ err: error }, `The authorizations could not be looked at: ${errorText(error)}`);
      return authorizations;
    });
    const now = clock.now();
    const found = [
      ...(await ofUpstreams(current)),
      ...authorizations.map((status) => expiryOfAuthorization(status, now)),
      ...(deps.trustAnchors?.list().map(expiryOfTrustAnchor) ?? []),
      ...(await ofListeners(current)),
    ];
    return found.filter((one) => one !== undefined).slice(0, MOST_ITEMS);
  }

  async function ofUpstreams({ upstreams }: Settings): Promise<(Expiring | undefined)[]> {
    const found: (Expiring | undefined)[] = [];
    for (const upstream of upstreams) {
      const oauth = oauthOf(upstream);
      if (oauth === undefined) continue;
      found.push(expiryOfClientSecret(upstream.name, oauth));
      if (oauth.clientCertificate === undefined) continue;
      const pem = await settings.reveal(oauth.clientCertificate).catch(asRelayError);
      found.push(expiryOfClientCertificate(upstream.name, oauth, pem));
    }
    return found;
  }

  async function ofListeners({ listeners }: Settings): Promise<(Expiring | undefined)[]> {
    const { serverCertificates, adminCertificate } = deps;
    if (serverCertificates === undefined) return [];
    const encrypted = listeners.filter(({ security }) => security !== 'none');
    const users = Map.groupBy(encrypted, ({ certificate }) => certificate);
    const names = new Set([...users.keys(), ...(adminCertificate === undefined ? [] : [adminCertificate])]);
    const found: (Expiring | undefined)[] = [];
    for (const name of names) {
      // One that cannot be read is told by whoever needs it.
      const pair = await serverCertificates.get(name).catch(() => undefined);
      const using = (users.get(name) ?? []).map((listener) => listener.name);
      const user = { listeners: using, admin: name === adminCertificate };
      if (pair !== undefined) found.push(expiryOfServerCertificate(name, user, pair));
    }
    return found;
  }

  async function lookOnce(): Promise<void> {
    const found = await gather();
    const now = clock.now();
    const assessed = found.map((one) => assess(one, now));
    items = assessed.map(({ item }) => item).toSorted((a, b) => endOf(a) - endOf(b));
    const standing = new Set<string>();
    for (const { alert } of assessed) {
      if (alert === undefined) continue;
      standing.add(alert.key);
      alerts.raise(alert);
    }
    for (const key of raised) if (!standing.has(key)) alerts.clear(key);
    raised = standing;
  }

  /** One look at a time; who asks meanwhile gets one more behind it. */
  function look(): Promise<void> {
    if (looking !== undefined) {
      again = true;
      return looking;
    }
    looking = (async () => {
      do {
        again = false;
        await lookOnce().catch((error: unknown) =>
          log.error({ err: error }, `The expiry radar failed: ${errorText(error)}`),
        );
      } while (again);
    })().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  function lookHourly(): void {
    timer = clock.after(EVERY, () => {
      void look();
      lookHourly();
    });
  }

  return {
    start() {
      if (stops.length > 0) return;
      const changed = (): void => void look();
      stops = [settings.onChange(changed)];
      if (deps.trustAnchors) stops.push(deps.trustAnchors.onChange(changed));
      if (deps.serverCertificates) stops.push(deps.serverCertificates.onChange(changed));
      lookHourly();
      void look();
    },
    stop() {
      timer?.cancel();
      for (const stop of stops) stop();
      stops = [];
    },
    look,
    list: () => items,
  };
}

/** What has no day comes behind what has one. */
function endOf({ expiresAt = Number.MAX_SAFE_INTEGER }: ExpiryItem): number {
  return expiresAt;
}

function asRelayError(error: unknown): RelayError {
  return error instanceof RelayError ? error : new RelayError('secret-unavailable', 'its source failed');
}
