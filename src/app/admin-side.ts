import { join } from 'node:path';
import { type Access, createAccess } from '../access/create-access.ts';
import { createAuditTrail } from '../access/create-audit-trail.ts';
import { type Admin, createAdmin } from '../admin/admin.ts';
import { ensureAdminToken, readAdminToken } from '../admin/admin-token.ts';
import { announceAudit, announceDenied, announceRooms, announceVerbs } from '../admin/announce.ts';
import { ownAddresses } from '../admin/own-addresses.ts';
import { pageUrl } from '../admin/page-url.ts';
import { createServerCertificateDesk } from '../certificates/server-certificate-desk.ts';
import type { LiveServerCertificates } from '../certificates/server-certificates.ts';
import { createTrustAnchorDesk } from '../certificates/trust-anchor-desk.ts';
import type { LiveTrustAnchors } from '../certificates/trust-anchors.ts';
import type { ServeOptions } from '../config/serve-options.ts';
import { createUpstreamTests } from '../delivery/upstream-tests.ts';
import type { Upstreams } from '../delivery/upstreams.ts';
import { createVerify } from '../delivery/verify/create-verify.ts';
import type { Inbound } from '../inbound/inbound.ts';
import { createInbox } from '../inbox/create-inbox.ts';
import { createFetchChain } from '../network/fetch-chain.ts';
import type { AlertBook } from '../notices/alerts.ts';
import type { ExpiryRadar } from '../notices/expiry-radar.ts';
import { createHealth } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Queue } from '../queue/create-queue.ts';
import type { Sealer } from '../settings/sealer.ts';
import type { SettingsService } from '../settings/settings-service.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Random } from '../shared/random.ts';
import type { Store } from '../store/open-store.ts';
import { healthChecks } from './health-checks.ts';
import type { Outside } from './outside.ts';
import type { Watch } from './watch.ts';

/** The rooms that the admin shows and steers. */
export interface AdminSideDependencies {
  readonly options: ServeOptions;
  readonly store: Store;
  readonly settings: SettingsService;
  readonly sealer: Sealer;
  readonly queue: Queue;
  readonly inbound: Inbound;
  readonly upstreams: Upstreams;
  readonly outside: Outside;
  readonly trustAnchors: LiveTrustAnchors;
  readonly certificates: LiveServerCertificates;
  readonly alerts: AlertBook;
  readonly expiry: ExpiryRadar;
  readonly watch: Watch;
  readonly metrics: Metrics;
  readonly hostname: () => string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Takes what has to be closed, in the order of opening. */
  readonly closers: (() => unknown)[];
}

/** The admin, and who may use it. */
export interface AdminSide {
  readonly admin: Admin;
  readonly access: Access;
}

/** Joins the admin with the rooms behind it. Throws RelayError `configuration`. */
export async function createAdminSide(deps: AdminSideDependencies): Promise<AdminSide> {
  const { options, store, settings, queue, inbound, upstreams, outside, watch, sealer, closers } = deps;
  const { clock, random, log, hostname, alerts, expiry, trustAnchors, certificates, metrics } = deps;
  const { network, tokens, authorizations } = outside;
  const { events } = watch;
  const { dataDirectory } = options;
  closers.push(
    announceRooms(events, { settings, authorizations, alerts, certificates: [trustAnchors, certificates] }),
  );
  const trail = createAuditTrail({ storage: store.access, clock, random, log, meter: metrics.meter });
  closers.push(() => trail.close());
  const audit = announceAudit(trail, events);
  const access = createAccess({
    storage: store.access,
    sealer,
    audit,
    pageUrl: () =>
      pageUrl(settings.current().accessUrl, admin.address(), options.admin.certificate !== undefined),
    hostname,
    dataDirectory,
    adminPasswordHash: options.adminPasswordHash,
    clock,
    random,
    log,
    meter: metrics.meter,
  });
  closers.push(() => access.close());
  const upstreamTests = createUpstreamTests({
    settings,
    storage: store.upstreamTests,
    sealer,
    clock,
    log,
    onKept: () => events.publish('upstreams'),
  });
  closers.push(() => upstreamTests.close());
  const trustAnchorDesk = createTrustAnchorDesk({
    trustAnchors,
    directory: join(dataDirectory, 'certs'),
    clock,
  });
  const operations = announceVerbs(queue.operations, events);
  const inbox = createInbox({
    queue: operations,
    accepting: queue,
    upstreams,
    settings,
    hostname,
    clock,
    random,
    log,
  });
  closers.push(() => inbox.close(), watch.onAccept(inbox.accepted));
  const adminTokens = [await ensureAdminToken(dataDirectory, random)];
  if (options.adminTokenFile !== undefined) adminTokens.push(await readAdminToken(options.adminTokenFile));
  const admin: Admin = createAdmin({
    host: options.admin.address,
    port: options.admin.port,
    behindProxy: options.admin.behindProxy,
    ...(options.admin.trustedProxies === undefined ? {} : { trustedProxies: options.admin.trustedProxies }),
    ...(options.admin.certificate === undefined
      ? {}
      : { certificate: { name: options.admin.certificate, certificates } }),
    settings,
    queue: operations,
    inbox,
    upstreamTests,
    accepting: queue,
    upstreams,
    authorizations,
    alerts,
    expiry,
    verify: createVerify({
      provider: outside.provider,
      reveal: (source) => settings.reveal(source),
      tokens,
      http: network.http,
      dial: network.dial,
      proxyFor: network.proxyFor,
      trustAnchors,
      hostname,
      status: upstreams.status,
      clock,
      random,
      log,
    }),
    audit,
    access,
    callerNow: access.callerNow,
    denied: announceDenied(store.denied, events),
    flow: {
      traffic: watch.traffic,
      waitingAges: store.traffic,
      devices: watch.devices,
      listeners: inbound.addresses,
    },
    events,
    ownAddresses,
    health: createHealth({ checks: healthChecks(store, inbound), clock }),
    metrics,
    tokens: () => adminTokens,
    importTrustAnchor: (bytes, name, host) =>
      trustAnchorDesk.import(bytes, {
        ...(name === undefined ? {} : { name }),
        ...(host === undefined ? {} : { host }),
      }),
    trustAnchorDesk,
    serverCertificateDesk: createServerCertificateDesk({
      certificates,
      settings,
      ...(options.admin.certificate === undefined ? {} : { adminCertificate: options.admin.certificate }),
      hostname,
      trustAnchors,
      clock,
    }),
    fetchChain: createFetchChain({ dial: network.dial, trustAnchors, hostname, clock }),
    backup: (file) => store.backup(file),
    dataDirectory,
    hostname,
    version: deps.version,
    clock,
    random,
    log,
  });
  const stop = (deadline?: number): Promise<void> => {
    // Programs that wait for mail are answered, rather than cut off at the deadline.
    inbox.endWaits();
    return admin.stop(deadline);
  };
  return { admin: { ...admin, stop }, access };
}
