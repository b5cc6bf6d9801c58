import type { Envelope } from '../../src/message/envelope.ts';
import type { Acceptance } from '../../src/queue/accepting.ts';
import { createQueue, type Queue, type QueueDependencies } from '../../src/queue/create-queue.ts';
import { createSoleLease } from '../../src/queue/lease.ts';
import type { JournalEvent, MessageRecord } from '../../src/queue/message.ts';
import type { Reporter } from '../../src/queue/reports.ts';
import type { QueueStorage } from '../../src/queue/storage.ts';
import { type Settings, settingsSchema } from '../../src/settings/schema.ts';
import type { SettingsSource } from '../../src/settings/source.ts';
import { noAlerts } from '../../src/shared/alerts.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { createMessageIds } from '../../src/shared/ids.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { Secret } from '../../src/shared/secret.ts';
import { recordLog } from './recorded-log.ts';
import { ScriptedUpstreams } from './scripted-upstreams.ts';

/** Settings that a test can exchange. */
export class ChangingSettings implements SettingsSource {
  #settings: Settings;
  readonly #callbacks = new Set<(settings: Settings, previous: Settings) => void>();

  constructor(document: unknown = {}) {
    this.#settings = settingsSchema.parse(document);
  }

  current(): Settings {
    return this.#settings;
  }

  change(document: unknown): void {
    const previous = this.#settings;
    this.#settings = settingsSchema.parse(document);
    for (const callback of this.#callbacks) callback(this.#settings, previous);
  }

  onChange(callback: (settings: Settings, previous: Settings) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  async reveal(): Promise<Secret> {
    return new Secret('secret');
  }
}

export interface QueueUnderTest {
  readonly queue: Queue;
  readonly upstreams: ScriptedUpstreams;
  readonly settings: ChangingSettings;
  readonly attempts: { record: MessageRecord; event: Extract<JournalEvent, { type: 'attempt' }> }[];
  readonly log: ReturnType<typeof recordLog>;
  /** Accepts a small message. */
  send(options?: SendOptions): Promise<Acceptance>;
}

export interface SendOptions {
  readonly client?: string;
  readonly sender?: string;
  readonly recipients?: readonly (string | Envelope['recipients'][number])[];
  readonly body?: Buffer;
}

/** Reports are not written. */
export const noReports: Reporter = {
  failed: () => undefined,
  delayed: () => undefined,
  relayed: () => undefined,
};

/** A queue on a given store, with upstreams that the test decides about. */
export function queueOn(
  storage: QueueStorage,
  clock: Clock,
  changes: Partial<QueueDependencies> & { document?: unknown } = {},
): QueueUnderTest {
  const upstreams = new ScriptedUpstreams();
  const settings = new ChangingSettings(changes.document);
  const log = recordLog();
  const attempts: QueueUnderTest['attempts'] = [];
  const queue = createQueue({
    storage,
    settings,
    upstreams,
    reporter: noReports,
    lease: createSoleLease(),
    newId: createMessageIds(clock, systemRandom),
    clock,
    random: systemRandom,
    log: log.log,
    freeBytes: async () => undefined,
    alerts: noAlerts,
    loopDelay: () => 0,
    onAttempt: (record, event) => attempts.push({ record, event }),
    onAccepted: () => undefined,
    ...changes,
  });
  return { queue, upstreams, settings, attempts, log, send: (options) => send(queue, options) };
}

async function send(queue: Queue, options: SendOptions = {}): Promise<Acceptance> {
  const { client = 'printer', sender = 'printer@example.com', recipients = ['a@example.net'] } = options;
  const body = options.body ?? Buffer.from('Subject: Toner\r\n\r\nlow\r\n');
  const writer = queue.begin();
  for (let start = 0; start < body.length; start += 50_000) {
    await writer.write(body.subarray(start, start + 50_000));
  }
  return writer.commit({
    kind: 'mail',
    origin: { client, listener: 'default', address: '127.0.0.1', greeting: 'printer' },
    envelope: {
      sender,
      recipients: recipients.map((recipient) =>
        typeof recipient === 'string' ? { address: recipient } : recipient,
      ),
      eightBit: false,
      smtpUtf8: false,
    },
    receiving: 1,
    content: { subject: 'Toner', headerMessageId: '<1@example.com>', eightBit: false },
  });
}
