import type { ServerCertificate } from '../../src/certificates/sources.ts';
import type { DeniedClient } from '../../src/inbound/denied.ts';
import { createInbound, type Inbound, type InboundDependencies } from '../../src/inbound/inbound.ts';
import { type Settings, type SettingsInput, settingsSchema } from '../../src/settings/schema.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import type { Log } from '../../src/shared/log.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createFakeQueue, type FakeQueue } from './fake-queue.ts';

/** One line that was logged. */
export interface LogLine {
  readonly level: string;
  readonly fields: unknown;
  readonly text: unknown;
}

/** A running inbound with everything around it in memory. */
export interface TestInbound {
  readonly inbound: Inbound;
  readonly queue: FakeQueue;
  readonly denied: DeniedClient[];
  readonly logged: LogLine[];
  /** Port of the only, or of the named listener. */
  port(name?: string): number;
  change(settings: SettingsInput): void;
  setCertificate(name: string, certificate: ServerCertificate): void;
  stop(): Promise<void>;
}

export interface TestInboundOptions
  extends Partial<Pick<InboundDependencies, 'clock' | 'meter' | 'verifyPassword'>> {
  readonly queue?: FakeQueue;
  readonly certificates?: Readonly<Record<string, ServerCertificate>>;
}

type ListenerInput = NonNullable<SettingsInput['listeners']>[number];

/** Settings with one listener on a free port of 127.0.0.1. */
export function oneListener(
  listener: Omit<ListenerInput, 'name'> = {},
  rest: Omit<SettingsInput, 'listeners'> = {},
): SettingsInput {
  return { ...rest, hostname: 'relay.example', listeners: [{ name: 'door', port: 0, ...listener }] };
}

export async function startInbound(
  input: SettingsInput = oneListener(),
  options: TestInboundOptions = {},
): Promise<TestInbound> {
  const test = prepareInbound(input, options);
  await test.inbound.start();
  return test;
}

export function prepareInbound(input: SettingsInput, options: TestInboundOptions = {}): TestInbound {
  let settings: Settings = settingsSchema.parse(input);
  const listeners = new Set<(settings: Settings, previous: Settings) => void>();
  const certificateListeners = new Set<() => void>();
  const certificates = new Map(Object.entries(options.certificates ?? {}));
  const queue = options.queue ?? createFakeQueue();
  const denied: DeniedClient[] = [];
  const logged: LogLine[] = [];
  const inbound = createInbound({
    settings: {
      current: () => settings,
      onChange(callback) {
        listeners.add(callback);
        return () => listeners.delete(callback);
      },
      reveal: () => Promise.resolve(new Secret('')),
    },
    accepting: queue,
    certificates: {
      async get(name) {
        const found = certificates.get(name);
        if (found === undefined) throw new RelayError('not-found', `There is no certificate ${name}`);
        return found;
      },
      onChange(callback) {
        certificateListeners.add(callback);
        return () => certificateListeners.delete(callback);
      },
    },
    denied: {
      async record(batch) {
        denied.push(...batch);
      },
      list: () => Promise.resolve(denied),
      forget: () => Promise.resolve(),
    },
    verifyPassword: options.verifyPassword ?? (() => Promise.resolve(false)),
    log: listLog(logged),
    clock: options.clock ?? systemClock,
    meter: options.meter ?? noMeter,
    hostname: 'relay.example',
  });
  return {
    inbound,
    queue,
    denied,
    logged,
    port(name) {
      const found = inbound.addresses().find((listener) => name === undefined || listener.name === name);
      if (found === undefined) throw new Error(`No listener ${name ?? ''}`);
      return found.port;
    },
    change(next) {
      const previous = settings;
      settings = settingsSchema.parse(next);
      for (const callback of listeners) callback(settings, previous);
    },
    setCertificate(name, certificate) {
      certificates.set(name, certificate);
      for (const callback of certificateListeners) callback();
    },
    stop: () => inbound.stop(100),
  };
}

/** A log that keeps its lines in a list. */
export function listLog(lines: LogLine[]): Log {
  const at = (level: string) => (fields: unknown, text?: unknown) => {
    lines.push({ level, fields, text: text ?? fields });
  };
  const log = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
  // Nothing in inbound makes a child; the cast only fills the type of pino.
  return {
    ...log,
    child: () => {
      throw new Error('not staged');
    },
  } as Log;
}
