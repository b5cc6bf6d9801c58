import { stringify } from 'yaml';
import { type App, createApp } from '../../src/app.ts';
import type { ServeOptions } from '../../src/config/serve-options.ts';
import type { JournalEvent, MessageRecord } from '../../src/queue/message.ts';
import type { Clock } from '../../src/shared/clock.ts';
import type { StoreFaults } from '../../src/store/faults.ts';
import { recordLog } from './recorded-log.ts';
import { SmtpClient } from './smtp-client.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

/** A whole Postern in this process, on free ports and in a directory of its own. */
export interface Relay {
  readonly app: App;
  readonly log: ReturnType<typeof recordLog>;
  readonly directory: string;
  /** Port of the first listener. */
  port(): number;
  /** Hands in a message over SMTP; answers the reply to the final dot and the id in it. */
  send(message?: {
    sender?: string;
    recipients?: readonly string[];
    content?: string | Buffer;
  }): Promise<{ code: number; text: string; id: string }>;
  message(id: string): Promise<MessageRecord>;
  events(id: string): Promise<readonly JournalEvent[]>;
  /** Waits until the message is in this state. */
  reaches(id: string, state: MessageRecord['state'], deadline?: number): Promise<MessageRecord>;
  /** Stops it and starts another one on the same directory. */
  restart(): Promise<void>;
  stop(deadline?: number): Promise<void>;
  /** Stops it and removes everything. */
  remove(): Promise<void>;
}

/** Settings for a relay whose only listener takes any free port. */
export function relaySettings(
  rest: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { listeners: [{ name: 'default', address: '127.0.0.1', port: 0 }], ...rest };
}

export async function startRelay(
  settings: Readonly<Record<string, unknown>> = relaySettings(),
  options: Partial<ServeOptions> = {},
  faults?: StoreFaults,
  clock?: Clock,
): Promise<Relay> {
  const directory = await temporaryDirectory();
  const log = recordLog();
  let app = await open();

  async function open(): Promise<App> {
    const made = await createApp(
      {
        dataDirectory: directory.path,
        database: { engine: 'sqlite', file: `${directory.path}/postern.db` },
        admin: { address: '127.0.0.1', port: 0, behindProxy: false },
        masterKeyFile: `${directory.path}/master.key`,
        log: { level: 'info', format: 'json' },
        ...options,
      },
      {
        log: log.log,
        version: '0.0.0',
        ...(faults === undefined ? {} : { faults }),
        ...(clock === undefined ? {} : { clock }),
      },
    );
    try {
      const { locked, revision } = made.settings.document();
      if (!locked && revision <= 1) await made.settings.apply(settings, { by: 'test' });
      await made.start();
    } catch (error) {
      await made.stop(0);
      throw error;
    }
    return made;
  }

  const message = async (id: string) => (await app.queue.operations.show(id)).message;
  const relay: Relay = {
    get app() {
      return app;
    },
    log,
    directory: directory.path,
    port() {
      const [first] = app.inbound.addresses();
      if (first === undefined) throw new Error(`No listener in ${stringify(settings)}`);
      return first.port;
    },
    async send({ sender = 'printer@example.com', recipients = ['a@example.net'], content } = {}) {
      const client = await SmtpClient.ready(relay.port(), { deadline: 15_000 });
      const reply = await client.message(sender, recipients, content ?? 'Subject: Toner\r\n\r\nlow');
      client.write('QUIT\r\n');
      return { code: reply.code, text: reply.text, id: / as ([0-9A-Z]{16})/.exec(reply.text)?.[1] ?? '' };
    },
    message,
    events: async (id) => (await app.queue.operations.show(id)).journal.map(({ event }) => event),
    async reaches(id, state, deadline) {
      await until(async () => (await message(id)).state === state, `${id} is ${state}`, deadline);
      return message(id);
    },
    async restart() {
      await app.stop(5000);
      app = await open();
    },
    stop: (deadline = 5000) => app.stop(deadline),
    async remove() {
      await app.stop(1000);
      await directory.remove();
    },
  };
  return relay;
}
