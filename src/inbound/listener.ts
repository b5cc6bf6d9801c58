// oxlint-disable no-underscore-dangle -- smtp-server names what subclasses override so
/*
 * One open listener: an smtp-server of ours with its connections. Limits are checked when a connection comes, before TLS
 * costs anything. Settings are read at each use; only address, port and security need it opened anew.
 */
import type { Socket } from 'node:net';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { ServerCertificate } from '../certificates/sources.ts';
import type { ListenerSettings } from '../settings/schema-listeners.ts';
import { errorCode, errorText, RelayError } from '../shared/errors.ts';
import { ConnectionCount } from './connection-count.ts';
import type { InboundContext, ListenerContext } from './context.ts';
import { wireText } from './replies.ts';
import { HANDSHAKE_DEADLINE, Session } from './session.ts';

type SocketOptions = NonNullable<ConstructorParameters<typeof Session>[2]> & { id: string };

const SWEEP_EVERY = 1_000;
const BACKLOG = 1024;

export interface Listener {
  readonly settings: ListenerSettings;
  /** The actual port. */
  readonly port: number;
  readonly connections: number;
  /** Takes over settings that differ in anything but address, port and security. */
  update(settings: ListenerSettings, certificate: ServerCertificate | undefined): void;
  /** Takes no new connections from now on; resolves when all are gone, at the latest after `deadline` milliseconds. */
  close(deadline: number): Promise<void>;
}

/** Opens it. Throws RelayError `configuration` that names listener, address, port, cause and remedy. */
export async function openListener(
  settings: ListenerSettings,
  certificate: ServerCertificate | undefined,
  context: InboundContext,
): Promise<Listener> {
  const state = { settings, stopping: false };
  const sessionContext: ListenerContext = {
    ...context,
    settings: () => state.settings,
    stopping: () => state.stopping,
  };
  let shown = certificate;
  if (certificate !== undefined) checkTls(settings, tlsOptions(settings, certificate));
  const server = new RelayServer(serverOptions(settings, certificate), sessionContext);
  server.on('error', (error) => {
    const fields = { listener: settings.name, err: errorText(error) };
    // What an administrator needs to know of a device that is too old, or does not trust us.
    if (errorCode(error)?.startsWith('ERR_SSL') === true) context.log.info(fields, 'A TLS handshake failed');
    else context.log.debug(fields, 'A connection broke');
  });
  await listen(server, settings);
  server.sweep();
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  return {
    get settings() {
      return state.settings;
    },
    port,
    get connections() {
      return server.count.total;
    },
    update(next, nextCertificate) {
      const before = state.settings;
      state.settings = next;
      if (nextCertificate === undefined) return;
      const same =
        before.minimumTls === next.minimumTls &&
        shown?.certificate === nextCertificate.certificate &&
        shown.key === nextCertificate.key;
      if (same) return;
      const options = tlsOptions(next, nextCertificate);
      checkTls(next, options);
      server.updateSecureContext(options);
      shown = nextCertificate;
    },
    async close(deadline) {
      state.stopping = true;
      await server.end(deadline);
    },
  };
}

class RelayServer extends SMTPServer {
  readonly count = new ConnectionCount();
  readonly #context: ListenerContext;
  readonly #handshakes = new Map<Socket, number>();
  #sessions = 0;
  #closed: Promise<void> | undefined;

  constructor(options: SMTPServerOptions, context: ListenerContext) {
    super(options);
    this.#context = context;
  }

  override connect(socket: Socket | TLSSocket, options: SocketOptions): void {
    this.#handshakes.delete(socket);
    if (socket.destroyed) return;
    const session = new Session(this, socket, options, this.#context);
    this.connections.add(session);
    session.on('error', (error: Error) => this._onError(error));
    this.#context.meters.sessions.add(1, this.#context.settings().name);
    session.init();
  }

  override _acceptSocket(socket: Socket, handshake: boolean): (() => void) | false {
    const { limits, name } = this.#context.settings();
    const admitted = this.count.admit(socket.remoteAddress ?? '', limits);
    if (typeof admitted !== 'function') {
      this.#context.meters.refusals.add(1, name, 'connections');
      socket.on('error', () => undefined);
      if (handshake) socket.destroy();
      else socket.end(wireText(admitted), () => socket.destroy());
      return false;
    }
    socket.once('close', () => {
      admitted();
      this.#handshakes.delete(socket);
    });
    if (handshake) this.#handshakes.set(socket, this.#context.clock.monotonic());
    return super._acceptSocket(socket, handshake);
  }

  /** No proxy is believed; a counter is id enough. */
  override _handleProxy(_socket: Socket, callback: (error: null, options: SocketOptions) => void): void {
    this.#sessions += 1;
    // Our own address is not asked of the system for every connection: nobody reads it.
    const { address, port } = this.#context.settings();
    callback(null, { id: String(this.#sessions), localAddress: address, localPort: port });
  }

  /** A listener without TLS touches no certificate. */
  override updateSecureContext(options?: SMTPServerOptions): void {
    if (options !== undefined || this.options.key !== undefined) super.updateSecureContext(options);
    else this.secureContext = new Map();
  }

  /** Looks at all deadlines, about once a second, until the server is closed. */
  sweep(): void {
    if (!this.server.listening && this.connections.size === 0) return;
    const now = this.#context.clock.monotonic();
    for (const connection of this.connections) {
      if (connection instanceof Session) connection.checkDeadlines(now);
    }
    for (const [socket, since] of this.#handshakes) {
      // The topmost socket: tearing down TLS from below in the middle of a handshake is not safe.
      if (now - since > HANDSHAKE_DEADLINE) (this._pendingSockets.get(socket) ?? socket).destroy();
    }
    this.#context.clock.after(SWEEP_EVERY, () => this.sweep());
  }

  /** Takes no more; idle clients are told to go, transactions in flight have until the deadline. A later call may shorten it. */
  async end(deadline: number): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.server.close(() => resolve()));
    for (const socket of this._pendingSockets.values()) socket.destroy();
    for (const connection of this.connections) {
      if (connection instanceof Session) connection.stop();
    }
    const timer = this.#context.clock.after(deadline, () => {
      for (const connection of this.connections) {
        if (connection instanceof Session) connection.cut();
      }
    });
    await this.#closed;
    timer.cancel();
  }
}

function serverOptions(
  settings: ListenerSettings,
  certificate: ServerCertificate | undefined,
): SMTPServerOptions {
  return {
    ...(certificate === undefined ? {} : tlsOptions(settings, certificate)),
    secure: settings.security === 'tls',
    disabledCommands: settings.security === 'starttls' ? [] : ['STARTTLS'],
    logger: false,
    // The name in the greeting is ours to say; without this the system is asked for its own at every connection.
    name: 'postern',
    disableReverseLookup: true,
    // A client that closes its side after QUIT or after its last byte still gets its replies.
    allowHalfOpen: true,
    noDelay: true,
  };
}

/** TLS 1.0 and 1.1 need more than their version: OpenSSL refuses their signatures above security level 0. */
function tlsOptions(settings: ListenerSettings, certificate: ServerCertificate): SMTPServerOptions {
  const old = settings.minimumTls === 'TLSv1' || settings.minimumTls === 'TLSv1.1';
  return {
    key: certificate.key,
    cert: certificate.certificate,
    minVersion: settings.minimumTls,
    ciphers: old ? 'DEFAULT@SECLEVEL=0' : 'DEFAULT',
  };
}

/** Before anything is replaced. Throws RelayError `configuration`. */
function checkTls(settings: ListenerSettings, options: SMTPServerOptions): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new RelayError('configuration', `The certificate of listener ${settings.name} cannot be used`, {
      cause: error,
      hint: `Import certificate ${settings.certificate} again, with its key: ${errorText(error)}`,
    });
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program has this port; stop it, or name another port in listeners of the settings',
  EACCES: 'Ports below 1024 need a privilege; give the program CAP_NET_BIND_SERVICE, or choose a higher port',
  EADDRNOTAVAIL:
    'No network interface of this machine has this address; use one that it has, or 0.0.0.0 for all',
};

async function listen(server: RelayServer, settings: ListenerSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => {
      const code = errorCode(error) ?? 'an error';
      const where = settings.address.includes(':') ? `[${settings.address}]` : settings.address;
      reject(
        new RelayError(
          'configuration',
          `Listener ${settings.name} cannot listen on ${where}:${settings.port}: ${code}`,
          { cause: error, hint: REMEDIES[code] ?? 'Choose another address or port' },
        ),
      );
    };
    server.server.once('error', fail);
    server.listen({ port: settings.port, host: settings.address, backlog: BACKLOG }, () => {
      server.server.off('error', fail);
      resolve();
    });
  });
}
