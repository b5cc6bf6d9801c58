import { randomBytes } from 'node:crypto';
import { hostname as systemHostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Admin } from './admin/admin.ts';
import { createAdminSide } from './app/admin-side.ts';
import { attempt, closeAll } from './app/closing.ts';
import { createOutside, type Outside } from './app/outside.ts';
import { ownDirectory } from './app/own-directory.ts';
import { createWatch } from './app/watch.ts';
import { createServerCertificates } from './certificates/server-certificates.ts';
import { createTrustAnchors } from './certificates/trust-anchors.ts';
import type { ServeOptions } from './config/serve-options.ts';
import { createUpstreams } from './delivery/create-upstreams.ts';
import { createInbound, type Inbound } from './inbound/inbound.ts';
import { type AlertBook, createAlerts } from './notices/alerts.ts';
import { createExpiryRadar } from './notices/expiry-radar.ts';
import { createReporter } from './notices/reports.ts';
import { deliveryLines } from './observe/delivery-line.ts';
import { watchLoopDelay } from './observe/loop-delay.ts';
import { createMetrics } from './observe/metrics.ts';
import { createQueue, type Queue } from './queue/create-queue.ts';
import { createLease, createSoleLease, type Lease } from './queue/lease.ts';
import { createQueueMetrics } from './queue/metrics.ts';
import { openMasterKey } from './settings/master-key.ts';
import { createSealer } from './settings/sealer.ts';
import { createSettings } from './settings/service.ts';
import type { SettingsService } from './settings/settings-service.ts';
import { type Clock, systemClock } from './shared/clock.ts';
import { createMessageIds } from './shared/ids.ts';
import type { Log } from './shared/log.ts';
import { systemRandom } from './shared/random.ts';
import type { Secret } from './shared/secret.ts';
import type { StoreFaults } from './store/faults.ts';
import { openStore, type Store } from './store/open-store.ts';

/** Trust anchors that are dropped into the checkout, beside those of the data directory. */
const CHECKOUT_CERTIFICATES = fileURLToPath(new URL('../certs/', import.meta.url));

/** A whole Postern: everything that `postern serve` runs. */
export interface App {
  readonly settings: SettingsService;
  readonly queue: Queue;
  readonly inbound: Inbound;
  readonly admin: Admin;
  readonly alerts: Pick<AlertBook, 'list'>;
  /** With it somebody becomes the first administrator; for the terminal. Undefined once there are users, and before the start. */
  readonly setupLink: () => Secret | undefined;
  /** Opens the listeners, then the admin. Throws RelayError; nothing is left open then. */
  start(): Promise<void>;
  /**
   * Takes nothing new, lets what is under way finish within `deadline` milliseconds, and closes everything. What is not
   * finished is in the store and goes on after the next start.
   */
  stop(deadline: number): Promise<void>;
}

export interface AppContext {
  readonly log: Log;
  readonly version: string;
  readonly clock?: Clock;
  /** For tests only: makes the store fail. */
  readonly faults?: StoreFaults;
}

/** A new refresh token may be on its way, the old one void already: that is waited for beyond the deadline, ms. */
const LAST_WORD = 2000;

/**
 * Joins the rooms: the only place that knows them all. Opens the store and reads the settings, so it throws what they throw
 * (RelayError `configuration`, `settings-invalid`, `store-busy`, `store-newer`, `store-unavailable`).
 */
export async function createApp(options: ServeOptions, context: AppContext): Promise<App> {
  const { log, version, clock = systemClock } = context;
  const { dataDirectory } = options;
  await ownDirectory(dataDirectory);
  // Made now, so that it is watched from the start and a certificate dropped into it counts at once.
  await ownDirectory(join(dataDirectory, 'certs'));
  const closers: (() => unknown)[] = [];
  /** When all has to be over, by the monotonic clock. */
  let stopBy = 0;
  try {
    return await build();
  } catch (error) {
    await closeAll(closers, log);
    throw error;
  }

  async function build(): Promise<App> {
    const metrics = createMetrics({ processMetrics: true });
    /** What is made later and asked for earlier. */
    const later: { outside?: Outside } = {};
    const sealer = createSealer(await openMasterKey(options.masterKeyFile, systemRandom));
    const store = await openStore({
      database: databaseUrl(options),
      dataDirectory,
      log,
      clock,
      node: () => lease.node(),
      ...(context.faults === undefined ? {} : { faults: context.faults }),
    });
    closers.push(() => store.close());
    const settings = await createSettings({
      storage: store.settings,
      sealer,
      ...(options.settingsFile === undefined ? {} : { file: options.settingsFile }),
      log,
      clock,
      dataDirectory,
      // Secrets in Vault are read over the network, and the network is made from the settings.
      http: () => later.outside?.network.http,
      async forgetConsents() {
        for (const { upstream } of await store.authorizations.list())
          await store.authorizations.remove(upstream);
      },
    });
    closers.push(() => settings.close());
    const hostname = () => settings.current().hostname ?? systemHostname();
    const anchorDirectory = join(dataDirectory, 'certs');
    const trustAnchors = await createTrustAnchors({
      directories: [CHECKOUT_CERTIFICATES, anchorDirectory],
      log,
      clock,
    });
    const certificates = createServerCertificates({
      directory: join(dataDirectory, 'certificates'),
      hostname: hostname(),
      clock,
      log,
    });
    closers.push(
      () => trustAnchors.close(),
      () => certificates.close(),
    );
    const loopDelay = watchLoopDelay();
    closers.push(() => loopDelay.stop());

    const watch = createWatch({ store, clock, log, severalNodes: () => lease.liveNodes() > 1 });
    closers.push(() => watch.close());
    const lease = leaseFor(store, log, clock, () => queue);
    const alerts = createAlerts({ log, meter: metrics.meter, clock });
    const outside = createOutside({
      settings,
      trustAnchors,
      storage: store.authorizations,
      sealer,
      clock,
      random: systemRandom,
      log,
      meter: metrics.meter,
      alerts,
    });
    closers.push(() => outside.close(Math.max(LAST_WORD, stopBy - clock.monotonic())));
    later.outside = outside;
    const { network, tokens, authorizations } = outside;
    const upstreams = createUpstreams({
      settings,
      trustAnchors,
      usage: store.queue,
      hostname,
      liveNodes: lease.liveNodes,
      clock,
      random: systemRandom,
      log,
      meter: metrics.meter,
      alerts,
      tokens,
      http: network.http,
      dial: network.dial,
      onCircuitChange: () => watch.events.publish('upstreams'),
    });
    closers.push(
      () => upstreams.close(),
      authorizations.onAuthorized((name) => {
        upstreams.probeNow(name);
        void expiry.look();
      }),
    );
    const expiry = createExpiryRadar({
      settings,
      authorizations: () => authorizations.status(),
      trustAnchors,
      serverCertificates: certificates,
      ...(options.admin.certificate === undefined ? {} : { adminCertificate: options.admin.certificate }),
      alerts,
      meter: metrics.meter,
      clock,
      log,
    });
    closers.push(() => expiry.stop());
    const counts = createQueueMetrics(metrics.meter);
    const queue = createQueue({
      storage: store.queue,
      settings,
      upstreams,
      reporter: createReporter({ settings, hostname, clock }),
      lease,
      newId: createMessageIds(clock, systemRandom),
      clock,
      random: systemRandom,
      log,
      freeBytes: async () => store.freeBytes(),
      loopDelay: loopDelay.read,
      alerts,
      onAccepted(record) {
        counts.onAccepted(record);
        watch.onAccepted(record);
      },
      onAttempt(record, event) {
        counts.onAttempt(record, event);
        watch.onAttempt(record);
        for (const line of deliveryLines(record, event)) log.info(line, 'attempt');
      },
    });
    counts.watch(queue.status);

    const inbound = createInbound({
      settings,
      accepting: queue,
      certificates,
      denied: store.denied,
      onRefused: watch.onRefused,
      verifyPassword: settings.verifyPassword,
      log,
      clock,
      meter: metrics.meter,
      hostname: systemHostname(),
    });
    const { admin, access } = await createAdminSide({
      options,
      store,
      settings,
      sealer,
      queue,
      inbound,
      upstreams,
      outside,
      trustAnchors,
      certificates,
      alerts,
      expiry,
      watch,
      metrics,
      hostname,
      version,
      clock,
      random: systemRandom,
      log,
      closers,
    });

    let setupLink: Secret | undefined;
    return {
      settings,
      queue,
      inbound,
      admin,
      alerts,
      setupLink: () => setupLink,
      async start() {
        try {
          tokens.start();
          await queue.start();
          await inbound.start();
          await admin.start();
          setupLink = (await access.start())?.link;
          expiry.start();
        } catch (error) {
          await stop(0);
          throw error;
        }
      },
      stop,
    };

    async function stop(deadline: number): Promise<void> {
      // From the outside in: what has been taken can still be finished by the rooms behind.
      stopBy = clock.monotonic() + deadline;
      // A client that does not let go must not use up the time in which deliveries end and are recorded.
      await attempt(() => inbound.stop(deadline / 2), log);
      await attempt(() => queue.stop(Math.max(0, stopBy - clock.monotonic())), log);
      // Pages that listen would hold the admin up until its deadline.
      watch.events.close();
      await attempt(() => admin.stop(), log);
      await closeAll(closers, log);
    }
  }
}

/** One process has a SQLite store for itself; nodes on PostgreSQL lease what they own. */
function leaseFor(store: Store, log: Log, clock: Clock, queue: () => Queue): Lease {
  if (store.kind === 'sqlite') return createSoleLease();
  return createLease({
    storage: store.queue,
    newId: () => randomBytes(6).toString('hex'),
    label: `${systemHostname()} ${process.pid}`,
    clock,
    log,
    events: { lost: () => queue().leaseLost(), gained: () => queue().leaseGained() },
  });
}

function databaseUrl({ database }: ServeOptions): string {
  return database.engine === 'sqlite' ? `sqlite:${database.file}` : database.url.reveal();
}
