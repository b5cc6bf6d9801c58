/*
 * The door: all listeners of the settings, kept in step with them. A change opens what is new and closes what is gone;
 * everything else changes in place, without dropping a connection. A listener that cannot be opened while running is
 * reported, and tried again every few seconds.
 */
import type { ServerCertificate, ServerCertificates } from '../certificates/sources.ts';
import type { Accepting } from '../queue/accepting.ts';
import type { Settings } from '../settings/schema.ts';
import type { ListenerSettings } from '../settings/schema-listeners.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { errorText, RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';
import type { InboundContext } from './context.ts';
import type { DeniedStorage } from './denied.ts';
import { createDeniedClients } from './denied-clients.ts';
import { type Listener, openListener } from './listener.ts';
import { createInboundMeters } from './meters.ts';
import { createPolicy } from './policy.ts';
import { createSignIn, type VerifyPassword } from './sign-in.ts';

export interface InboundDependencies {
  readonly settings: SettingsSource;
  readonly accepting: Accepting;
  readonly certificates: ServerCertificates;
  readonly denied: DeniedStorage;
  readonly verifyPassword: VerifyPassword;
  readonly log: Log;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Used where the settings name none. */
  readonly hostname: string;
  /** A device's transaction or sign-in was refused for good (5xx). */
  readonly onRefused?: () => void;
}

/** Where a listener can be reached, or why it cannot. */
export interface ListenerAddress {
  readonly name: string;
  readonly address: string;
  /** The actual port, where the settings say 0. */
  readonly port: number;
  readonly open: boolean;
  /** Why it is not open, with the remedy. */
  readonly failure?: string;
}

export interface Inbound {
  /** Opens every listener. Throws RelayError `configuration`; nothing is open then. */
  start(): Promise<void>;
  addresses(): readonly ListenerAddress[];
  /**
   * Takes no new connections and messages. Transactions in flight finish; after `deadline` milliseconds their
   * connections are cut, and the clients keep their messages.
   */
  stop(deadline: number): Promise<void>;
}

/** How long the transactions of a listener that is removed have to finish, in milliseconds. */
const REMOVAL_DEADLINE = 60_000;
const RETRY_EVERY = 10_000;

/** Nothing is open before `start`. */
export function createInbound(dependencies: InboundDependencies): Inbound {
  const { settings: source, certificates, clock, log } = dependencies;
  const denied = createDeniedClients(dependencies.denied, clock, log);
  const listeners = new Map<string, Listener>();
  const failures = new Map<string, string>();
  const closing = new Set<Listener>();
  let policy = createPolicy(source.current());
  let work: Promise<void> = Promise.resolve();
  let retry: Timer | undefined;
  let stopped = false;
  const unsubscribe: (() => void)[] = [];

  const context: InboundContext = {
    accepting: dependencies.accepting,
    signIn: createSignIn(dependencies.verifyPassword, clock, log),
    denied,
    clock,
    log,
    meters: createInboundMeters(dependencies.meter),
    onRefused: dependencies.onRefused ?? (() => undefined),
    policy: () => policy,
    hostname: () => source.current().hostname ?? dependencies.hostname,
  };
  dependencies.meter
    .gauge('postern_smtp_connections', 'SMTP connections that are open.', ['listener'])
    .from(() => [...listeners].map(([name, { connections }]) => ({ labels: [name], value: connections })));

  async function certificateOf(settings: ListenerSettings): Promise<ServerCertificate | undefined> {
    if (settings.security === 'none') return undefined;
    try {
      return await certificates.get(settings.certificate);
    } catch (error) {
      throw new RelayError(
        'configuration',
        `Listener ${settings.name} has no certificate: ${errorText(error)}`,
        { cause: error, hint: `Import a certificate named ${settings.certificate}, or name another one` },
      );
    }
  }

  async function hasCertificate(settings: ListenerSettings): Promise<boolean> {
    return certificateOf(settings).then(
      () => true,
      () => false,
    );
  }

  async function open(settings: ListenerSettings): Promise<void> {
    const listener = await openListener(settings, await certificateOf(settings), context);
    listeners.set(settings.name, listener);
    failures.delete(settings.name);
    log.info(
      {
        listener: settings.name,
        address: settings.address,
        port: listener.port,
        security: settings.security,
      },
      'Listening for SMTP',
    );
  }

  async function close(listener: Listener, deadline: number): Promise<void> {
    if (listeners.get(listener.settings.name) === listener) listeners.delete(listener.settings.name);
    closing.add(listener);
    await listener.close(deadline);
    closing.delete(listener);
  }

  /** Brings one listener into the wanted state; a failure is reported and tried again. */
  async function settle(wanted: ListenerSettings): Promise<void> {
    const current = listeners.get(wanted.name);
    try {
      if (current === undefined) await open(wanted);
      else if (mustReopen(current.settings, wanted)) await certificateOf(wanted);
      else current.update(wanted, await certificateOf(wanted));
      failures.delete(wanted.name);
    } catch (error) {
      const hint = error instanceof RelayError && error.hint !== undefined ? `. ${error.hint}` : '';
      const failure = `${errorText(error)}${hint}`;
      if (failures.get(wanted.name) !== failure) log.error({ listener: wanted.name }, failure);
      failures.set(wanted.name, failure);
    }
  }

  async function follow(settings: Settings): Promise<void> {
    if (stopped) return;
    policy = createPolicy(settings);
    const wanted = new Map(settings.listeners.map((listener) => [listener.name, listener]));
    for (const listener of Array.from(listeners.values())) {
      const next = wanted.get(listener.settings.name);
      // What could not be opened again stays as it is: devices go on sending while somebody mends the settings.
      const over =
        next === undefined || (mustReopen(listener.settings, next) && (await hasCertificate(next)));
      // Not awaited: the port is free at once, the last transactions take their time.
      if (over) void close(listener, REMOVAL_DEADLINE);
    }
    for (const name of failures.keys()) if (!wanted.has(name)) failures.delete(name);
    for (const listener of wanted.values()) await settle(listener);
    retry?.cancel();
    retry = failures.size === 0 ? undefined : clock.after(RETRY_EVERY, () => enqueue());
  }

  /** One change after the other, always to the newest settings. */
  function enqueue(): void {
    work = work.then(() => follow(source.current()));
  }

  return {
    async start() {
      const settings = source.current();
      try {
        policy = createPolicy(settings);
        for (const listener of settings.listeners) await open(listener);
      } catch (error) {
        await Promise.all([...listeners.values()].map((listener) => close(listener, 0)));
        throw error;
      }
      unsubscribe.push(source.onChange(enqueue), certificates.onChange(enqueue));
      // They may have changed while the listeners were opened.
      if (source.current() !== settings) enqueue();
    },
    addresses() {
      const opened = [...listeners.values()].map(({ settings, port }) => {
        const failure = failures.get(settings.name);
        const told = failure === undefined ? {} : { failure };
        return { name: settings.name, address: settings.address, port, open: true, ...told };
      });
      const missing = source
        .current()
        .listeners.filter(({ name }) => !listeners.has(name))
        .map(({ name, address, port }) => ({
          name,
          address,
          port,
          open: false,
          failure: failures.get(name) ?? 'It is not open yet',
        }));
      return [...opened, ...missing];
    },
    async stop(deadline) {
      stopped = true;
      for (const leave of unsubscribe.splice(0)) leave();
      retry?.cancel();
      await work;
      await Promise.all([...listeners.values(), ...closing].map((listener) => close(listener, deadline)));
      await denied.stop();
    },
  };
}

function mustReopen(current: ListenerSettings, next: ListenerSettings): boolean {
  return current.address !== next.address || current.port !== next.port || current.security !== next.security;
}
