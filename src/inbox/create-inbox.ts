import { partBytes } from '../delivery/transports/graph/part-bytes.ts';
import type { Upstreams } from '../delivery/upstreams.ts';
import type { MessageBody } from '../message/envelope.ts';
import type { Acceptance, Accepting } from '../queue/accepting.ts';
import { readHeader } from '../queue/body.ts';
import type { MessageRecord } from '../queue/message.ts';
import type { QueueOperations } from '../queue/operations.ts';
import type { Settings } from '../settings/schema.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Random } from '../shared/random.ts';
import { type Arrivals, createArrivals } from './arrivals.ts';
import { type CopyRequest, createCopies } from './copies.ts';
import { createDissector, type Dissector } from './dissector.ts';
import { downloadHeaders } from './file-download.ts';
import { headerFields, type ShownField, sentAs, sentHeader } from './header-fields.ts';

/** A message taken apart for people. */
export interface InboxContent {
  readonly headers: readonly ShownField[];
  readonly sentHeaders?: readonly ShownField[];
  readonly sentSender?: string;
  readonly text?: string;
  readonly hasHtml: boolean;
  readonly parts: readonly InboxPart[];
  readonly incomplete: boolean;
}

export interface InboxPart {
  readonly number: number;
  readonly contentType: string;
  readonly fileName?: string;
  readonly size: number;
  readonly inline: boolean;
}

/** A part on its way to a file. */
export interface InboxFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What messages hold, for people who look at them. Everything is bounded, whatever strangers sent. Throws RelayError `not-found`, `overloaded`. */
export interface Inbox {
  content(id: string): Promise<InboxContent>;
  /** The HTML as a page, to be served with HTML_POLICY. */
  page(id: string): Promise<string>;
  /** One of `parts`, decoded. */
  file(id: string, number: number): Promise<InboxFile>;
  wait: Arrivals['wait'];
  /** A message has become durable at this node. */
  accepted(record: MessageRecord): void;
  /** Postern stops: who waits for mail is told so at once. */
  endWaits(): void;
  copy(id: string, request: CopyRequest): Promise<Acceptance>;
  close(): Promise<void>;
}

export interface InboxDependencies {
  readonly queue: Pick<QueueOperations, 'show' | 'body' | 'list' | 'note'>;
  readonly accepting: Accepting;
  readonly upstreams: Pick<Upstreams, 'route' | 'kindOf' | 'status'>;
  readonly settings: { readonly current: () => Settings };
  readonly hostname: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Closed with the inbox; made here if absent. */
  readonly dissector?: Dissector;
}

export function createInbox(deps: InboxDependencies): Inbox {
  const { queue, upstreams, settings, clock, log } = deps;
  const { dissector = createDissector({ clock, log }) } = deps;
  const arrivals = createArrivals({ queue, clock });
  const sendCopy = createCopies({ ...deps, settings: () => settings.current() });

  async function bodyOf(id: string): Promise<MessageBody> {
    const body = await queue.body(id);
    if (body !== undefined) return body;
    throw new RelayError('not-found', `The content of message ${id} is not kept (any more).`, {
      hint: 'queue.keepBodies of the settings says how long the content of finished messages is kept.',
    });
  }

  function routeOf(message: MessageRecord): string {
    return upstreams.route({
      sender: message.envelope.sender,
      recipients: message.recipients.map(({ address }) => address),
      client: message.origin.client,
      listener: message.origin.listener,
      ...(message.upstream === undefined ? {} : { upstream: message.upstream }),
    });
  }

  return {
    async content(id) {
      const { message, journal } = await queue.show(id);
      const body = await bodyOf(id);
      const block = await readHeader(body);
      const address = sentAs(message, journal, routeOf(message), settings.current());
      const sent = sentHeader(block, message.envelope.sender, address);
      const stored = headerFields(block);
      const { files, text, hasHtml, incomplete } = await dissector.dissect(body, 'content');
      return {
        headers: stored.fields,
        ...(sent === undefined ? {} : { sentHeaders: headerFields(sent.block).fields }),
        ...(sent === undefined || sent.sender === message.envelope.sender ? {} : { sentSender: sent.sender }),
        ...(text === undefined ? {} : { text }),
        hasHtml,
        parts: files.map(({ contentType, fileName, size, inline }, number) => ({
          number,
          contentType,
          ...(fileName === undefined ? {} : { fileName }),
          size,
          inline,
        })),
        incomplete: incomplete || stored.incomplete,
      };
    },
    async page(id) {
      const { hasHtml, page } = await dissector.dissect(await bodyOf(id), 'html');
      if (hasHtml && page !== undefined) return page;
      throw new RelayError('not-found', `Message ${id} has no HTML that can be shown.`);
    },
    async file(id, number) {
      const body = await bodyOf(id);
      const { files } = await dissector.dissect(body, 'leaves');
      const part = files[number];
      if (part === undefined) throw new RelayError('not-found', `Message ${id} has no part ${number}.`);
      return {
        headers: downloadHeaders(part.contentType, part.fileName, `${id}-${number}.bin`),
        chunks: partBytes(body, part),
      };
    },
    wait: arrivals.wait,
    accepted: arrivals.accepted,
    endWaits: arrivals.end,
    async copy(id, request) {
      const { message } = await queue.show(id);
      return sendCopy(message, await bodyOf(id), request);
    },
    close: () => dissector.close(),
  };
}
