/** What the tests of delivery/ have in common: settings, messages and upstreams that can be thrown away. */
import type { TrustAnchors } from '../../src/certificates/sources.ts';
import { createUpstreams, type UpstreamsDependencies } from '../../src/delivery/create-upstreams.ts';
import type { Outcome } from '../../src/delivery/outcome.ts';
import type { Permit, UnsentMessage, Upstreams, Wait } from '../../src/delivery/upstreams.ts';
import type { EnvelopeRecipient, MessageBody } from '../../src/message/envelope.ts';
import { type Settings, type SettingsInput, settingsSchema } from '../../src/settings/schema.ts';
import type { SettingsSource } from '../../src/settings/source.ts';
import { noAlerts } from '../../src/shared/alerts.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { noMeter } from '../../src/shared/meter.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { Secret } from '../../src/shared/secret.ts';
import { noHttp, noTokens } from '../support/outside.ts';
import { type RecordedLog, recordLog } from '../support/recorded-log.ts';
import {
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from '../support/scripted-smtp-server.ts';

export type UpstreamInput = NonNullable<SettingsInput['upstreams']>[number];

export function smtpUpstream(port: number, more: Partial<UpstreamInput> = {}): UpstreamInput {
  const upstream = {
    name: 'office',
    kind: 'smtp',
    host: '127.0.0.1',
    port,
    security: 'none',
    timeout: { connect: '2s', command: '2s', data: '2s' },
    ...more,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by the schema
  return upstream as UpstreamInput;
}

/** Settings in memory that can be changed; secrets are revealed as they stand in `value`. */
export interface TestSettings extends SettingsSource {
  change(document: SettingsInput): void;
}

export function testSettings(document: SettingsInput, reveal?: () => string): TestSettings {
  let current: Settings = settingsSchema.parse(document);
  const listeners = new Set<(settings: Settings, previous: Settings) => void>();
  return {
    current: () => current,
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    reveal: (source) => Promise.resolve(new Secret(reveal?.() ?? ('value' in source ? source.value : ''))),
    change(next) {
      const previous = current;
      current = settingsSchema.parse(next);
      for (const listener of listeners) listener(current, previous);
    },
  };
}

export interface TestTrustAnchors extends TrustAnchors {
  set(authorities: readonly string[]): void;
}

export function testTrustAnchors(initial: readonly string[] = []): TestTrustAnchors {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    authorities: () => current,
    isPinned: () => false,
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    set(authorities) {
      current = authorities;
      for (const listener of listeners) listener();
    },
  };
}

export interface TestUpstreams {
  readonly upstreams: Upstreams;
  readonly settings: TestSettings;
  readonly trustAnchors: TestTrustAnchors;
  readonly log: RecordedLog;
  readonly usage: Map<string, { at: number; recipients: number }[]>;
}

export function testUpstreams(
  document: SettingsInput,
  more: Partial<UpstreamsDependencies> & {
    readonly secret?: () => string;
    readonly anchors?: readonly string[];
  } = {},
): TestUpstreams {
  const { secret, anchors, ...dependencies } = more;
  const settings = testSettings(document, secret);
  const trustAnchors = testTrustAnchors(anchors);
  const log = recordLog();
  const usage = new Map<string, { at: number; recipients: number }[]>();
  const upstreams = createUpstreams({
    settings,
    trustAnchors,
    usage: {
      addUsage(upstream, at, recipients) {
        usage.set(upstream, [...(usage.get(upstream) ?? []), { at, recipients }]);
        return Promise.resolve();
      },
      usageSince: (upstream, since) =>
        Promise.resolve((usage.get(upstream) ?? []).filter(({ at }) => at >= since)),
    },
    hostname: () => 'postern.test',
    liveNodes: () => 1,
    clock: systemClock,
    random: systemRandom,
    log: log.log,
    meter: noMeter,
    alerts: noAlerts,
    tokens: noTokens,
    http: noHttp,
    ...dependencies,
  });
  return { upstreams, settings, trustAnchors, log, usage };
}

export const DEFAULT_TEXT = 'From: <scanner@example.com>\r\nSubject: hello\r\n\r\nHello.\r\n';

export function bodyOf(content: string | readonly Buffer[]): MessageBody {
  const pieces = typeof content === 'string' ? [Buffer.from(content)] : content;
  return {
    size: pieces.reduce((sum, piece) => sum + piece.length, 0),
    async *chunks() {
      for (const piece of pieces) yield await Promise.resolve(piece);
    },
  };
}

export function message(more: Partial<UnsentMessage> = {}): UnsentMessage {
  return {
    id: '0123456789ABCDEF',
    sender: 'scanner@example.com',
    body: bodyOf(DEFAULT_TEXT),
    eightBit: false,
    smtpUtf8: false,
    client: 'this machine',
    own: false,
    ...more,
  };
}

export function to(...addresses: readonly string[]): readonly EnvelopeRecipient[] {
  return addresses.map((address) => ({ address }));
}

export function isPermit(answer: Permit | Wait): answer is Permit {
  return 'release' in answer;
}

/** Enters, delivers and releases. */
export async function deliver(
  upstreams: Upstreams,
  sent: UnsentMessage = message(),
  recipients: readonly EnvelopeRecipient[] = to('a@example.org'),
  signal = new AbortController().signal,
  upstream = 'office',
) {
  const permit = upstreams.enter(upstream, recipients.length);
  if (!isPermit(permit)) throw new Error(`no permit: ${JSON.stringify(permit)}`);
  try {
    return await upstreams.deliver(permit, sent, recipients, signal);
  } finally {
    permit.release();
  }
}

/** An outcome in one word for each recipient: `delivered`, `deferred busy`, … or `unavailable REASON`. */
export function summary(outcome: Outcome): string {
  if (outcome.kind === 'unavailable') return `unavailable ${outcome.reason}`;
  return outcome.recipients
    .map((one) => ('reason' in one ? `${one.kind} ${one.reason}` : one.kind))
    .join(', ');
}

const closers: (() => Promise<void>)[] = [];

/** A scripted server with an upstream `office` that leads to it; `closeAll` ends both. */
export async function startUpstream(
  options: ScriptedServerOptions = {},
  more: Partial<UpstreamInput> = {},
  dependencies: Parameters<typeof testUpstreams>[1] = {},
): Promise<TestUpstreams & { readonly server: ScriptedServer }> {
  const server = await startScriptedServer(options);
  const test = testUpstreams(
    { upstreams: [smtpUpstream(server.port, more)], defaultUpstream: 'office' },
    dependencies,
  );
  closers.push(
    () => test.upstreams.close(),
    () => server.close(),
  );
  return { server, ...test };
}

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0)) await close();
}
