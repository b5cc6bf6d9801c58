import type { MessageBody } from '../../../message/envelope.ts';
import type { Reply } from '../../outcome.ts';
import type { UpstreamConnection } from './connection.ts';
import type { Loss } from './connection-loss.ts';
import { createDotStuffing } from './dot-stuffing.ts';

/** The last piece of a body goes out together with the end of the message up to this size, in bytes. */
const SMALL = 16 * 1024;

/** One transaction, ready to be said. */
export interface TransactionPlan {
  /** The MAIL FROM line. */
  readonly mail: string;
  /** A RCPT TO line for each recipient. */
  readonly recipients: readonly string[];
  readonly body: MessageBody;
  /** Asked right before the end of the message is sent; when it says no, the connection is given up instead. */
  readonly mayFinish?: (() => boolean) | undefined;
  /** Longest wait for a reply, and for the reply to the end of the message, ms. */
  readonly commandTimeout: number;
  readonly dataTimeout: number;
}

/** What was said in a transaction. */
export interface Transcript {
  readonly mail?: Reply;
  /** In the order of the plan; undefined where none came. */
  readonly recipients: readonly (Reply | undefined)[];
  readonly data?: Reply;
  readonly final?: Reply;
  /** The connection went before the transaction was over. */
  readonly lost?: Loss;
  /** The end of the message was handed to the system: the server may have it. */
  readonly ended: boolean;
}

export function isPositive(reply: Reply | undefined): boolean {
  return reply !== undefined && reply.code >= 200 && reply.code < 300;
}

/**
 * Makes one transaction. Rejects only when the body cannot be read; the connection is given up then, so that no half message
 * can pass for a whole one.
 */
export async function transact(connection: UpstreamConnection, plan: TransactionPlan): Promise<Transcript> {
  connection.used += 1;
  const envelope = connection.extensions.includes('PIPELINING')
    ? await sendEnvelope(connection, plan)
    : await sendEnvelopeStepByStep(connection, plan);
  if (connection.lost) return { ...envelope, lost: connection.lost, ended: false };
  const accepted = envelope.recipients.some(isPositive);
  if (!isPositive(envelope.mail) || !accepted || envelope.data?.code !== 354) {
    settleRefused(connection, envelope);
    return { ...envelope, ended: false };
  }
  return await sendBody(connection, plan, envelope);
}

type EnvelopeTranscript = Pick<Transcript, 'mail' | 'recipients' | 'data'>;

function transcriptOf(replies: readonly Reply[], count: number): EnvelopeTranscript {
  const mail = replies[0];
  const data = replies[count + 1];
  return {
    ...(mail ? { mail } : {}),
    recipients: Array.from({ length: count }, (_, index) => replies[index + 1]),
    ...(data ? { data } : {}),
  };
}

/** RFC 2920: all of the envelope and DATA in one piece, one round trip. */
async function sendEnvelope(
  connection: UpstreamConnection,
  plan: TransactionPlan,
): Promise<EnvelopeTranscript> {
  const replies: Reply[] = [];
  await connection.request([plan.mail, ...plan.recipients, 'DATA'], replies, plan.commandTimeout);
  return transcriptOf(replies, plan.recipients.length);
}

async function sendEnvelopeStepByStep(
  connection: UpstreamConnection,
  plan: TransactionPlan,
): Promise<EnvelopeTranscript> {
  const replies: Reply[] = [];
  const count = plan.recipients.length;
  for (const line of [plan.mail, ...plan.recipients]) {
    const whole = await connection.request([line], replies, plan.commandTimeout);
    if (!whole || !isPositive(replies[0])) return transcriptOf(replies, count);
  }
  if (replies.slice(1).some(isPositive)) await connection.request(['DATA'], replies, plan.commandTimeout);
  return transcriptOf(replies, count);
}

/** Leaves the connection so that the next transaction can begin, or gives it up where that is not sure. */
function settleRefused(connection: UpstreamConnection, envelope: EnvelopeTranscript): void {
  const { data } = envelope;
  if (data !== undefined && data.code < 400) {
    // It wants the content of a message that nobody is to get, or its replies are out of step.
    connection.giveUp(`answered ${data.code} to DATA`, 'EPROTOCOL');
    return;
  }
  connection.unfinished = isPositive(envelope.mail);
}

async function sendBody(
  connection: UpstreamConnection,
  plan: TransactionPlan,
  envelope: EnvelopeTranscript,
): Promise<Transcript> {
  const replies: Reply[] = [];
  const progress = { ended: false };
  let written: Promise<void> = Promise.resolve();
  const answered = await connection.reply(replies, plan.commandTimeout, () => {
    written = writeBody(connection, plan, replies, progress);
    // A body that cannot be read must not leave the server waiting for the rest; the error itself is thrown below.
    written.catch(() => connection.giveUp('was left because the message could not be read'));
  });
  const final = replies[0];
  if (answered && !progress.ended) {
    // Answered before it had the message: the rest would be taken for commands.
    connection.giveUp('answered before the end of the message', 'EPROTOCOL', final);
  }
  await written;
  const { lost } = connection;
  return {
    ...envelope,
    ...(final === undefined ? {} : { final }),
    ...(lost === undefined ? {} : { lost }),
    ended: progress.ended,
  };
}

async function writeBody(
  connection: UpstreamConnection,
  plan: TransactionPlan,
  replies: readonly Reply[],
  progress: { ended: boolean },
): Promise<void> {
  const stuffing = createDotStuffing();
  const stopped = (): boolean => connection.lost !== undefined || replies.length > 0;
  let size = 0;
  let waiting: Buffer | undefined;
  for await (const piece of plan.body.chunks()) {
    if (stopped()) return;
    size += piece.length;
    if (waiting) await writePiece(connection, waiting, plan.commandTimeout);
    waiting = stuffing.piece(piece);
  }
  if (size !== plan.body.size) throw new Error(`The body has ${size} bytes instead of ${plan.body.size}.`);
  if (waiting && waiting.length > SMALL) {
    await writePiece(connection, waiting, plan.commandTimeout);
    waiting = undefined;
  }
  if (stopped()) return;
  if (plan.mayFinish?.() === false) {
    connection.giveUp('was left because another node has taken the message');
    return;
  }
  const end = stuffing.end();
  // From here on the server may have the whole message, whatever we hear of it. Set before the write: to call a message
  // in doubt that did not arrive costs a line in the journal, the other way round is a duplicate that nobody explains.
  progress.ended = true;
  connection.extend(plan.dataTimeout);
  connection.write(waiting ? Buffer.concat([waiting, end]) : end);
}

async function writePiece(connection: UpstreamConnection, piece: Buffer, patience: number): Promise<void> {
  if (!connection.write(piece)) await connection.drained();
  connection.extend(patience);
}
