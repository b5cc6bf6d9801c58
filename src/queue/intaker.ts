import type { Upstreams } from '../delivery/upstreams.ts';
import type { Clock } from '../shared/clock.ts';
import type { Acceptance, AcceptedEnvelope } from './accepting.ts';
import { laneName, upstreamOf } from './lane-name.ts';
import type { Lease } from './lease.ts';
import type { MessageRecord } from './message.ts';
import type { Draft } from './reports.ts';
import type { AcceptOperation } from './storage.ts';

/** Makes records of what comes in, whoever sends it, and passes on what has become durable. */
export interface Intaker {
  toRecord(id: string, accepted: AcceptedEnvelope, size: number, chunks: number): MessageRecord;
  /** A message of our own, whole. */
  toOperation(draft: Draft): AcceptOperation;
  /** It is on stable storage: into its lane. */
  accepted(operation: AcceptOperation): void;
  acceptance(record: MessageRecord): Acceptance;
}

export function createIntaker(deps: {
  upstreams: Pick<Upstreams, 'route' | 'kindOf'>;
  newId: () => string;
  lease: Pick<Lease, 'node'>;
  clock: Clock;
  place: (record: MessageRecord, body: Buffer | undefined) => void;
}): Intaker {
  function toRecord(id: string, accepted: AcceptedEnvelope, size: number, chunks: number): MessageRecord {
    const { origin, content } = accepted;
    const { recipients, ...envelope } = accepted.envelope;
    const now = deps.clock.now();
    const chosen = accepted.upstream === undefined ? {} : { upstream: accepted.upstream };
    const upstream = deps.upstreams.route({
      sender: envelope.sender,
      recipients: recipients.map(({ address }) => address),
      client: origin.client,
      listener: origin.listener,
      ...chosen,
    });
    return {
      id,
      kind: accepted.kind,
      origin,
      envelope: { ...envelope, eightBit: envelope.eightBit || content.eightBit },
      recipients: recipients.map((recipient) => ({ ...recipient, state: 'pending' })),
      subject: content.subject,
      headerMessageId: content.headerMessageId,
      size,
      chunks,
      acceptedAt: now,
      receiving: Math.round(accepted.receiving),
      state: 'queued',
      lane: laneName(upstream, origin.client),
      ...chosen,
      node: deps.lease.node(),
      attempts: 0,
      nextAttemptAt: now,
    };
  }

  return {
    toRecord,
    toOperation(draft) {
      const message = toRecord(deps.newId(), draft.accepted, draft.body.length, 1);
      return { message, chunks: [draft.body], firstChunk: 0 };
    },
    accepted({ message, chunks, firstChunk }) {
      const [only] = chunks;
      const whole = firstChunk === 0 && chunks.length === 1 && only !== undefined;
      deps.place(message, whole ? Buffer.from(only.buffer, only.byteOffset, only.byteLength) : undefined);
    },
    acceptance(record) {
      const upstream = upstreamOf(record.lane);
      const held = deps.upstreams.kindOf(upstream) === 'test-relay';
      return {
        id: record.id,
        text: held ? `Held as ${record.id} (test relay, not sent)` : `Queued as ${record.id}`,
      };
    },
  };
}
