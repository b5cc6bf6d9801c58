/**
 * The admin interface on its own address. Promises bounded connections, headers, bodies and waits; that `start` resolves
 * only when the address answers; and that `stop` ends within its deadline, whatever a caller does.
 */
import { readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { join } from 'node:path';
import type { Express } from 'express';
import type { ServerCertificates } from '../certificates/sources.ts';
import { errorCode, RelayError } from '../shared/errors.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';
import { type NetworkList, networkList } from '../shared/network-list.ts';
import { createAdminApp } from './app.ts';
import { answerBrokenRequests } from './broken-requests.ts';
import { shareConnections } from './connection-places.ts';
import { createOwnTls } from './own-tls.ts';
import type { Route } from './route.ts';
import { BACKUP_COPY } from './routes/backup.ts';
import { adminRoutes } from './routes.ts';
import type { AdminServices } from './services.ts';

export interface AdminOptions extends AdminServices {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A proxy in front passes strangers on, so that a loopback address protects nothing. */
  readonly behindProxy: boolean;
  /** Addresses and networks of that proxy; this machine if absent. */
  readonly trustedProxies?: readonly string[];
  /** The stored server certificate with which it speaks https; plain http if absent. */
  readonly certificate?: { readonly name: string; readonly certificates: ServerCertificates };
}

export interface Admin {
  readonly app: Express;
  readonly routes: readonly Route[];
  /** Throws RelayError `configuration` when the address cannot be used. */
  start(): Promise<void>;
  /** Lets answers under way finish for `deadline` ms, then cuts them off. */
  stop(deadline?: number): Promise<void>;
  /** Where it listens, once it does; `secure` where it speaks https itself. */
  address(): { readonly host: string; readonly port: number; readonly secure: boolean };
}

const LOOPBACK = ['127.0.0.0/8', '::1'];

/** Throws RelayError `configuration` when a trusted proxy is no network. */
export function createAdmin(options: AdminOptions): Admin {
  const { host, port, behindProxy, settings } = options;
  const { trustedProxies = LOOPBACK, certificate } = options;
  const routes = adminRoutes(options, { publicMetrics: isLoopbackAddress(host) && !behindProxy });
  const proxies = behindProxy ? networksOf(trustedProxies) : undefined;
  const app = createAdminApp({
    routes,
    services: options,
    hostNames: () => [hostOf(settings.current().accessUrl), options.hostname(), host],
    ...(proxies === undefined ? {} : { trustedProxies: proxies }),
    ownTls: certificate !== undefined,
  });
  const http = {
    maxHeaderSize: 16 * 1024,
    keepAliveTimeout: 5000,
    // Looked for with the other checks, whose errors have our shape.
    requireHostHeader: false,
    // Half a request holds one of few places: late ones are looked for more often than every 30 s.
    connectionsCheckingInterval: 2000,
  };
  const tls =
    certificate === undefined ? undefined : createOwnTls({ ...certificate, log: options.log }, http, app);
  const server = tls?.server ?? createServer(http, app);
  answerBrokenRequests(server);
  shareConnections(server, { ...options, unlimited: (address) => proxies?.has(address) === true });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.timeout = 120_000;
  server.maxHeadersCount = 100;
  server.maxRequestsPerSocket = 1000;

  return {
    app,
    routes,
    async start() {
      await removeCopies(options.dataDirectory);
      await tls?.load();
      warnOfProxies(options);
      await listen(server, host, port);
    },
    async stop(deadline = 2000) {
      tls?.close();
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Connections that have had their last answer are not kept for another request.
      server.keepAliveTimeout = 1;
      server.keepAliveTimeoutBuffer = 0;
      // They would never end by themselves.
      options.events?.close();
      server.closeIdleConnections();
      const timer = options.clock.after(deadline, () => server.closeAllConnections());
      await closed;
      timer.cancel();
    },
    address() {
      const bound = server.address();
      const secure = certificate !== undefined;
      return typeof bound === 'object' && bound !== null
        ? { host: bound.address, port: bound.port, secure }
        : { host, port, secure };
    },
  };
}

function networksOf(texts: readonly string[]): NetworkList {
  const list = networkList(texts);
  if (list !== undefined) return list;
  throw new RelayError('configuration', `--trusted-proxies ${texts.join(',')} is not a list of networks.`);
}

/** A proxy on another machine would be refused every request. */
function warnOfProxies({ behindProxy, trustedProxies, host, log }: AdminOptions): void {
  if (!behindProxy || trustedProxies !== undefined || isLoopbackAddress(host)) return;
  log.warn(
    { address: host },
    'Only proxies on this machine are trusted; name others with --trusted-proxies or POSTERN_TRUSTED_PROXIES',
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}

/** Backups that were being sent when the process ended. */
async function removeCopies(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    if (BACKUP_COPY.test(name)) await rm(join(directory, name), { force: true });
  }
}

function listen(server: Server | TlsServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(listenError(error, `${host}:${port}`));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it',
  EACCES: 'ports below 1024 need more rights',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

function listenError(error: Error, address: string): RelayError {
  const code = errorCode(error) ?? '';
  return new RelayError(
    'configuration',
    `The admin interface cannot listen on ${address}: ${REASONS[code] ?? code}.`,
    {
      cause: error,
      hint: 'Choose another address with --admin ADDRESS:PORT or POSTERN_ADMIN.',
    },
  );
}
