import { decodeCharset } from '../../../message/charset.ts';
import type { MessageBody } from '../../../message/envelope.ts';
import { headerLength, parseHeader } from '../../../message/headers.ts';
import type { HttpAnswer } from '../../../shared/http.ts';
import type { Handed, Handover } from '../api/api-transport.ts';
import type { Question, Unanswered } from '../api/ask.ts';
import { base64Body, base64Length } from '../api/base64-body.ts';
import { fitHeader } from '../api/fit-recipients.ts';
import { member, parsedJson, readApiError } from '../api/read-api-error.ts';
import { draftMessage } from './draft-message.ts';
import { type DraftAttachment, type DraftPlan, planDraft } from './draft-plan.ts';
import { contentSizes, inPieces, partBytes, scanParts } from './part-bytes.ts';

export interface DraftPlace {
  readonly endpoint: string;
  /** Address of the mailbox in the API. */
  readonly mailboxUrl: string;
  /** Wall time, for dates in answers. */
  readonly now: () => number;
  /** The draft is there, so the rights suffice. */
  readonly created: () => void;
  /** Drafts that could not be deleted are handed over here. */
  readonly leftBehind: (url: string) => void;
}

/** A larger text does not fit into one request with its JSON escapes. */
const LARGEST_TEXT = 1_500_000;
/**
 * A larger attachment goes over an upload session ("Attach large files to Outlook messages": from 3 MB on). In one request at most 3,145,611 bytes
 * were seen to go, in a session at least 2,097,152 (msgraph-sdk-java pull request 52).
 */
const SMALL_ATTACHMENT = 3_000_000;
/** A multiple of 320 KiB, below the 4 MB of a request. */
const UPLOAD_PIECE = 8 * 320 * 1024;
/** Graph answers with what it was given, in bytes. */
const LARGEST_ECHO = 8 * 1024 * 1024;

/** What ended the conversation. */
class Ended extends Error {
  readonly handed: Handed;

  constructor(handed: Handed) {
    super('the draft came to nothing');
    this.handed = handed;
  }
}

/**
 * Sends a message that is too large for sendMail: as a draft in the mailbox, to which the attachments are uploaded piece by piece, which is then
 * sent. Needs Mail.ReadWrite. A draft that is not sent is deleted again. Memory: the text, and one piece of an attachment.
 *
 * `oversize` where the message cannot be taken apart without damage.
 */
export async function sendAsDraft(handover: Handover, body: MessageBody, place: DraftPlace): Promise<Handed> {
  const root = await scanParts(body);
  const plan = root === undefined ? 'too many parts' : planDraft(root);
  if (typeof plan === 'string') return unfit(plan);
  if (plan.text && plan.text.part.end - plan.text.part.start > LARGEST_TEXT) return unfit('a very long text');
  const sizes = await contentSizes(
    body,
    plan.attachments.map(({ part }) => part),
  );
  const talk = conversation(handover, body.size, place);
  let draft: string | undefined;
  let finished = false;
  try {
    draft = await talk.create(await messageOf(handover, body, plan));
    place.created();
    for (const attachment of plan.attachments) {
      const size = sizes.get(attachment.part) ?? 0;
      const bytes = (): AsyncIterable<Buffer> => partBytes(body, attachment.part);
      if (size < SMALL_ATTACHMENT) await talk.attach(draft, attachment, size, bytes);
      else await talk.upload(draft, attachment, size, bytes);
    }
    const handed = await talk.send(draft);
    finished = handed.kind === 'accepted';
    return handed;
  } catch (error) {
    if (error instanceof Ended) return error.handed;
    throw error;
  } finally {
    if (draft !== undefined && !finished) await talk.discard(draft);
  }
}

function unfit(what: string): Handed {
  return {
    kind: 'oversize',
    text: `the message is larger than one request to Microsoft Graph may be, and has ${what}, which a draft cannot hold unchanged`,
    remedy: 'Name a fallback of kind smtp for large messages.',
  };
}

async function messageOf({ recipients }: Handover, body: MessageBody, { text }: DraftPlan): Promise<Buffer> {
  const [firstPiece] = await firstOf(body.chunks());
  const header = parseHeader(
    (firstPiece ?? Buffer.alloc(0)).subarray(0, headerLength(firstPiece ?? Buffer.alloc(0))),
  );
  const fitted = fitHeader(
    header,
    recipients.map(({ address }) => address),
  );
  let content: { content: string; html: boolean } | undefined;
  if (text) {
    const pieces: Buffer[] = [];
    for await (const piece of partBytes(body, text.part)) pieces.push(piece);
    content = { content: decodeCharset(Buffer.concat(pieces), text.charset), html: text.html };
  }
  return Buffer.from(JSON.stringify(draftMessage(fitted.header, fitted.addressing, content)));
}

async function firstOf(pieces: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  for await (const piece of pieces) return [piece];
  return [];
}

function conversation({ ask, hidden }: Handover, size: number, place: DraftPlace) {
  const refused = (answer: HttpAnswer, final: boolean): Handed => ({
    kind: 'refused',
    refusal: readApiError(answer, hidden, place.now()),
    final,
    size,
  });

  async function expect(question: Question, statuses: readonly number[]): Promise<HttpAnswer> {
    const result: { kind: 'answer'; answer: HttpAnswer } | Unanswered = await ask(question);
    if (result.kind !== 'answer') throw new Ended(result);
    if (!statuses.includes(result.answer.status)) throw new Ended(refused(result.answer, false));
    return result.answer;
  }

  return {
    /** The address of the new draft. */
    async create(message: Buffer): Promise<string> {
      const url = `${place.mailboxUrl}/messages`;
      const answer = await expect(
        { method: 'POST', url, contentType: 'application/json', body: message, maxAnswer: LARGEST_ECHO },
        [201],
      );
      const id = member(parsedJson(answer, LARGEST_ECHO), 'id');
      if (typeof id === 'string' && id !== '' && id.length <= 1000) return `${url}/${encodeURIComponent(id)}`;
      throw new Ended(refused(answer, false));
    },

    async attach(
      draft: string,
      attachment: DraftAttachment,
      bytes: number,
      pieces: () => AsyncIterable<Buffer>,
    ): Promise<void> {
      const fields = { '@odata.type': '#microsoft.graph.fileAttachment', ...described(attachment) };
      const front = Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"contentBytes":"`);
      const back = Buffer.from('"}');
      const body = {
        size: front.length + base64Length(bytes) + back.length,
        async *pieces() {
          yield front;
          yield* base64Body(pieces(), bytes);
          yield back;
        },
      };
      const url = `${draft}/attachments`;
      await expect(
        { method: 'POST', url, contentType: 'application/json', body, maxAnswer: LARGEST_ECHO },
        [200, 201],
      );
    },

    async upload(
      draft: string,
      attachment: DraftAttachment,
      bytes: number,
      pieces: () => AsyncIterable<Buffer>,
    ): Promise<void> {
      const AttachmentItem = { attachmentType: 'file', size: bytes, ...described(attachment) };
      const session = await expect(
        json(`${draft}/attachments/createUploadSession`, { AttachmentItem }),
        [200, 201],
      );
      const url = member(parsedJson(session), 'uploadUrl');
      if (typeof url !== 'string' || !isUploadUrl(url, place.endpoint)) {
        throw new Ended(refused(session, false));
      }
      let start = 0;
      for await (const piece of inPieces(pieces(), UPLOAD_PIECE)) {
        const end = start + piece.length;
        await expect(
          {
            method: 'PUT',
            url,
            contentType: 'application/octet-stream',
            headers: { 'content-range': `bytes ${start}-${end - 1}/${bytes}` },
            body: piece,
            // The address carries its own leave, and Graph asks not to send another.
            withoutToken: true,
          },
          end === bytes ? [200, 201] : [200, 202],
        );
        start = end;
      }
    },

    async send(draft: string): Promise<Handed> {
      const result = await ask({ method: 'POST', url: `${draft}/send`, final: true });
      if (result.kind !== 'answer') return result;
      if (result.answer.status !== 202) return refused(result.answer, true);
      const text = 'accepted by Microsoft Graph as a draft that it sends, not yet delivered';
      return { kind: 'accepted', reply: { code: 202, text } };
    },

    /** Best effort: where Postern stops or Graph is gone, the draft stays. */
    async discard(draft: string): Promise<void> {
      const result = await ask({ method: 'DELETE', url: draft, despiteAbort: true });
      const gone = result.kind === 'answer' && [200, 202, 204, 404].includes(result.answer.status);
      if (!gone) place.leftBehind(draft);
    },
  };
}

function json(url: string, value: unknown): Question {
  return { method: 'POST', url, contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

function described({ name, contentType, inline, contentId }: DraftAttachment) {
  return { name, contentType, isInline: inline, ...(contentId === undefined ? {} : { contentId }) };
}

/** Encrypted like the API itself; whoever answered for the API decides about the host, and has the message anyway. */
function isUploadUrl(url: string, endpoint: string): boolean {
  if (url.length > 8192 || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && endpoint.startsWith('http:'));
}
