/** An admin interface on a real port, with rooms behind it that live in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, type AdminOptions, createAdmin } from '../../src/admin/admin.ts';
import type { AdminServices } from '../../src/admin/services.ts';
import type { UpstreamStatus } from '../../src/delivery/upstreams.ts';
import { createHealth } from '../../src/observe/health.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { AcceptedEnvelope } from '../../src/queue/accepting.ts';
import type { JournalEntry, MessageRecord } from '../../src/queue/message.ts';
import type { MessageFilter } from '../../src/queue/storage.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { Secret } from '../../src/shared/secret.ts';
import { memorySettings } from './memory-settings.ts';
import { recordLog } from './recorded-log.ts';
import { signInRooms } from './sign-ins.ts';

export const TOKEN = 'a-token-of-the-tests-only-0123456789';

/** A message as the store would keep it. */
export function sampleMessage(id: string, changes: Partial<MessageRecord> = {}): MessageRecord {
  return {
    id,
    kind: 'mail',
    origin: { client: 'scanner', listener: 'appliances', address: '192.0.2.7', greeting: 'scanner.lan' },
    envelope: { sender: 'scanner@example.com', eightBit: false, smtpUtf8: false },
    recipients: [{ address: 'office@example.com', state: 'pending' }],
    subject: 'Scan 1',
    headerMessageId: '<1@example.com>',
    size: 25,
    chunks: 1,
    acceptedAt: 1_795_000_000_000,
    receiving: 12,
    state: 'queued',
    lane: 'office\tscanner',
    node: 'n1',
    attempts: 0,
    nextAttemptAt: 1_795_000_060_000,
    ...changes,
  };
}

/** The rooms behind the interface, with what was done to them. */
export function fakeServices(directory: string) {
  const messages = new Map<string, MessageRecord>();
  const journals = new Map<string, JournalEntry[]>();
  const verbs: { verb: string; filter: MessageFilter; by: string; upstream?: string }[] = [];
  const accepted: { envelope: AcceptedEnvelope; body: string }[] = [];
  /** Contents that differ from the usual one. */
  const bodies = new Map<string, Buffer>();
  const probed: (string | undefined)[] = [];
  const waitingFor = new Map<string, UpstreamStatus>();
  const imported: { bytes: Buffer; name: string | undefined }[] = [];
  const log = recordLog();
  const metrics = createMetrics({ processMetrics: false });

  const matching = (filter: MessageFilter) =>
    [...messages.values()].filter(
      (message) =>
        (filter.ids?.includes(message.id) ?? true) && (filter.states?.includes(message.state) ?? true),
    );
  const verb = (name: string) => async (filter: MessageFilter, by: string, upstream?: string) => {
    verbs.push({ verb: name, filter, by, ...(upstream === undefined ? {} : { upstream }) });
    return { changed: matching(filter).map((message) => message.id), unchanged: [] };
  };
  const services: AdminServices = {
    settings: memorySettings(),
    queue: {
      note: (id, event) => {
        const entry = { message: id, at: 0, node: 'n1', event };
        journals.set(id, [...(journals.get(id) ?? []), entry]);
      },
      waiting: () =>
        Promise.resolve([
          { upstream: 'office', messages: 7, lastLeavesAt: 1_000_000, limitedBy: 'messagesPerMinute' },
        ]),
      async list(filter, limit, before) {
        const found = matching(filter)
          .toSorted((a, b) => (a.id < b.id ? 1 : -1))
          .filter((message) => before === undefined || message.id < before);
        const page = found.slice(0, limit);
        const last = page.at(-1);
        return { messages: page, ...(found.length > limit && last ? { next: last.id } : {}) };
      },
      async show(id) {
        const message = messages.get(id);
        if (!message) throw new RelayError('not-found', `There is no message ${id}.`);
        const upstream = waitingFor.get(id);
        const first = { type: 'accepted', reply: `250 2.0.0 Queued as ${id}` } as const;
        return {
          message,
          journal: [
            { message: id, at: message.acceptedAt, node: 'n1', event: first },
            ...(journals.get(id) ?? []),
          ],
          ...(upstream === undefined ? {} : { waitingFor: upstream }),
        };
      },
      async body(id) {
        if (!messages.has(id)) return undefined;
        const bytes = bodies.get(id) ?? Buffer.from('Subject: Scan 1\r\n\r\nHello\r\n');
        return {
          size: bytes.length,
          async *chunks() {
            yield bytes;
          },
        };
      },
      counts: async () => [{ state: 'queued', count: messages.size, bytes: 25 * messages.size }],
      retry: verb('retry'),
      hold: verb('hold'),
      release: verb('release'),
      delete: verb('delete'),
    },
    accepting: {
      refusal: () => undefined,
      isTooLarge: () => false,
      begin() {
        const pieces: Buffer[] = [];
        const id = `00000000000T${String(accepted.length).padStart(4, '0')}`;
        return {
          id,
          write(piece) {
            pieces.push(piece);
            return undefined;
          },
          async commit(envelope) {
            accepted.push({ envelope, body: Buffer.concat(pieces).toString('latin1') });
            messages.set(id, sampleMessage(id, { kind: 'notice' }));
            return { id, text: `Queued as ${id}` };
          },
          abort: async () => undefined,
        };
      },
    },
    upstreams: {
      status: () => [
        ...waitingFor.values(),
        { name: 'office', kind: 'smtp', circuit: 'closed', connections: 2, recipientsToday: 7 },
        { name: 'test-relay', kind: 'test-relay', circuit: 'closed', connections: 0, recipientsToday: 0 },
      ],
      probeNow: (name) => {
        probed.push(name);
      },
    },
    authorizations: signInRooms(systemClock).authorizations,
    denied: {
      record: async () => undefined,
      list: async () => [],
      forget: async () => undefined,
    },
    health: createHealth({ checks: [{ name: 'store', check: async () => undefined }], clock: systemClock }),
    metrics,
    tokens: () => [new Secret(TOKEN)],
    async importTrustAnchor(bytes, name) {
      imported.push({ bytes, name });
      if (!bytes.includes('CERTIFICATE'))
        throw new RelayError('certificate-invalid', 'this is no certificate');
      return [];
    },
    backup: async (file) => writeFile(file, 'the copy', { flag: 'wx' }),
    dataDirectory: directory,
    hostname: () => 'relay.example.com',
    version: '0.0.0',
    clock: systemClock,
    random: systemRandom,
    log: log.log,
  };
  return {
    services,
    messages,
    bodies,
    journals,
    waitingFor,
    verbs,
    accepted,
    probed,
    imported,
    log,
    metrics,
  };
}

export interface RunningAdmin extends ReturnType<typeof fakeServices> {
  readonly admin: Admin;
  readonly directory: string;
  readonly url: string;
  /** A request with the token, unless the headers say otherwise. */
  request(path: string, options?: RequestInit): Promise<Response>;
  /** A POST of JSON. */
  post(path: string, body: unknown, options?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. */
export async function startAdmin(
  changes: Partial<AdminServices & Pick<AdminOptions, 'behindProxy' | 'trustedProxies' | 'certificate'>> = {},
): Promise<RunningAdmin> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-admin-'));
  const fakes = fakeServices(directory);
  const { behindProxy = false, ...services } = changes;
  const admin = createAdmin({ ...fakes.services, ...services, host: '127.0.0.1', port: 0, behindProxy });
  try {
    await admin.start();
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  const url = `${changes.certificate === undefined ? 'http' : 'https'}://127.0.0.1:${admin.address().port}`;
  const request = (path: string, options: RequestInit = {}) =>
    fetch(url + path, {
      ...options,
      headers: withDefaults(options, { Authorization: `Bearer ${TOKEN}`, Connection: 'close' }),
      signal: AbortSignal.timeout(10_000),
    });
  return {
    ...fakes,
    admin,
    directory,
    url,
    request,
    post: (path, body, options = {}) =>
      request(path, {
        method: 'POST',
        body: JSON.stringify(body),
        ...options,
        headers: withDefaults(options, { 'Content-Type': 'application/json' }),
      }),
    async stop() {
      await admin.stop(100);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The headers of `options`, and the defaults that it does not name. */
function withDefaults(options: RequestInit, defaults: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(options.headers);
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value);
  return headers;
}
