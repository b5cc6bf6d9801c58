/**
 * A message once more, to somebody else: mostly to the person who looks at what is held. The message itself stays as it is. The copy is
 * a message of its own in the queue, from the address that the upstream takes as sender, so that no device hears of a copy that failed;
 * its header says who sent it on (RFC 5322 section 3.6.6), and of what it is a copy.
 */
import { ownSender } from '../delivery/own-sender.ts';
import type { Upstreams } from '../delivery/upstreams.ts';
import { formatDate } from '../message/date.ts';
import type { MessageBody } from '../message/envelope.ts';
import { createField } from '../message/headers.ts';
import type { Acceptance, Accepting } from '../queue/accepting.ts';
import type { MessageRecord } from '../queue/message.ts';
import type { QueueOperations } from '../queue/operations.ts';
import type { Settings } from '../settings/schema.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Random } from '../shared/random.ts';

export interface CopyRequest {
  readonly to: string;
  readonly upstream?: string;
  readonly by: string;
}

/** Throws RelayError `bad-request`, `overloaded`, and what the store throws. */
export type SendCopy = (
  message: MessageRecord,
  body: MessageBody,
  request: CopyRequest,
) => Promise<Acceptance>;

/** Name of the client that Postern's own mail belongs to. */
const OWN_CLIENT = 'postern';
/** Copies of copies: somebody forwards in circles. */
const MOST_COPIES = 10;

export function createCopies(deps: {
  readonly accepting: Accepting;
  readonly queue: Pick<QueueOperations, 'note'>;
  readonly upstreams: Pick<Upstreams, 'route' | 'kindOf' | 'status'>;
  readonly settings: () => Settings;
  readonly hostname: () => string;
  readonly clock: Clock;
  readonly random: Random;
}): SendCopy {
  const { accepting, queue, upstreams, clock, random } = deps;

  function target(sender: string, { to, upstream }: CopyRequest): string {
    const known = upstreams.status().filter(({ kind }) => kind !== 'test-relay');
    const names = known.map(({ name }) => name).join(', ');
    if (upstream !== undefined && !upstreams.status().some(({ name }) => name === upstream)) {
      throw new RelayError('bad-request', `There is no upstream named ${upstream}.`, {
        hint: `Known are: ${names}.`,
      });
    }
    const way = upstreams.route({
      sender,
      recipients: [to],
      client: OWN_CLIENT,
      listener: '',
      ...(upstream === undefined ? {} : { upstream }),
    });
    if (upstreams.kindOf(way) !== 'test-relay') return way;
    throw new RelayError('bad-request', 'The test relay would only hold the copy.', {
      hint:
        known.length === 0
          ? 'Add an upstream to the settings first.'
          : `Name an upstream to send it to: ${names}.`,
    });
  }

  return async (message, body, request) => {
    const { to, upstream, by } = request;
    const sender = ownSender(deps.settings(), upstream) ?? message.envelope.sender;
    const way = target(sender, request);
    const refusal = accepting.refusal(body.size);
    if (refusal) throw new RelayError('overloaded', `The queue takes no mail now: ${refusal.text}`);
    if (accepting.isTooLarge({ sender, recipients: [to], client: OWN_CLIENT, listener: '' }, body.size)) {
      throw new RelayError('bad-request', `${way} refuses messages as large as this one.`);
    }
    const writer = accepting.begin();
    try {
      const from = sender === '' ? `postmaster@${deps.hostname()}` : sender;
      const added = [
        createField('X-Postern-Copy-Of', message.id),
        createField('Resent-Date', formatDate(clock.now())),
        createField('Resent-From', `<${from}>`),
        createField('Resent-To', `<${to}>`),
        createField('Resent-Message-ID', `<${random.bytes(9).toString('hex')}.copy@${deps.hostname()}>`),
      ];
      let first = true;
      for await (const chunk of body.chunks()) {
        if (first) {
          refuseCircle(chunk);
          await writer.write(Buffer.from(added.map(({ raw }) => raw).join(''), 'latin1'));
        }
        first = false;
        await writer.write(chunk);
      }
      const acceptance = await writer.commit({
        kind: 'mail',
        origin: { client: OWN_CLIENT, listener: '', address: '', greeting: '' },
        envelope: { ...message.envelope, sender, recipients: [{ address: to }] },
        receiving: 0,
        content: {
          subject: message.subject,
          headerMessageId: message.headerMessageId,
          eightBit: message.envelope.eightBit,
        },
        upstream: way,
      });
      const event = { type: 'copied', by, to, of: message.id, copy: acceptance.id } as const;
      queue.note(message.id, event);
      queue.note(acceptance.id, event);
      return acceptance;
    } catch (error) {
      await writer.abort();
      throw error;
    }
  };
}

/** The header is always whole in the first piece. */
function refuseCircle(first: Buffer): void {
  const end = first.indexOf('\r\n\r\n');
  const header = first.toString('latin1', 0, end === -1 ? first.length : end);
  if ((header.match(/^x-postern-copy-of:/gim) ?? []).length < MOST_COPIES) return;
  throw new RelayError('not-allowed', 'This is a copy of a copy of a copy: it goes in a circle.');
}
