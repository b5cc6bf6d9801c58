import type { MessageBody } from '../../../message/envelope.ts';
import { parseHeader, writeHeader } from '../../../message/headers.ts';
import type { GraphUpstreamSettings } from '../../../settings/schema-upstreams.ts';
import type { ApiRefusal } from '../../classify-api.ts';
import { SILENTLY_DROPPED } from '../../classify-api-rules.ts';
import type { Transport } from '../../transport.ts';
import { apiEndpoint } from '../api/api-endpoint.ts';
import {
  type Api,
  type ApiTransportDependencies,
  createApiTransport,
  type Handed,
  type Handover,
} from '../api/api-transport.ts';
import { base64Body, base64Length } from '../api/base64-body.ts';
import { fitAuthor } from '../api/fit-author.ts';
import { fittedBody } from '../api/fitted-body.ts';
import type { ApiMailbox } from '../api/mailbox-of.ts';
import { createMemory } from '../api/memory.ts';
import { readApiError } from '../api/read-api-error.ts';
import { sendAsDraft } from './send-as-draft.ts';

/** Largest request in bytes ("Things to know about sendMail", and what is seen: 4 MiB). */
const LARGEST_REQUEST = 4 * 1024 * 1024;
/** Exchange Online limits, "Recipient limits". */
const MOST_RECIPIENTS = 500;
const MINUTE = 60_000;
/** "Microsoft Graph service-specific throttling limits", Outlook: for each application and mailbox. */
const LIMITS = {
  atOnce: 4,
  requests: { most: 10_000, length: 10 * MINUTE },
  bytes: { most: 150_000_000, length: 5 * MINUTE },
};

const HOUR = 60 * MINUTE;
/** Below this the answer 413 is about something else than the limit of requests. */
const SURELY_FITS = 1_000_000;
/** Drafts that could not be deleted at once; of more than these the oldest stay in the mailbox. */
const MOST_LEFT_BEHIND = 20;

/**
 * Sends over Microsoft Graph: sendMail with the message in MIME format, so that it arrives as it is; what is larger than a request
 * may be as a draft with uploaded attachments, where the rights allow it (Mail.ReadWrite), which is found out by trying.
 */
export function createGraphTransport(
  upstream: GraphUpstreamSettings,
  deps: ApiTransportDependencies,
): Transport {
  const { clock } = deps;
  const endpoint = apiEndpoint(upstream);
  /** Bytes of the smallest message that sendMail found too large, and mailboxes in which no draft may be made. */
  const tooLarge = createMemory<number>(clock, HOUR);
  const noDrafts = createMemory<true>(clock, HOUR);
  const leftBehind = new Map<string, string[]>();

  async function handOver(handover: Handover): Promise<Handed> {
    const { message, recipients, mailbox } = handover;
    const body = await fittedBody(message.body, recipients, cleanAuthor);
    const known = tooLarge.recall(endpoint) ?? Number.POSITIVE_INFINITY;
    if (base64Length(body.size) > LARGEST_REQUEST || body.size >= known) {
      return await throughDraft(handover, body);
    }
    const handed = await throughSendMail(handover, body, mailboxUrl(endpoint, mailbox));
    if (handed.kind !== 'refused' || !isRequestTooLarge(handed.refusal, body.size)) return handed;
    tooLarge.remember(endpoint, Math.min(body.size, known));
    return await throughDraft(handover, body);
  }

  async function throughSendMail(handover: Handover, body: MessageBody, url: string): Promise<Handed> {
    const result = await handover.ask({
      method: 'POST',
      url: `${url}/sendMail`,
      contentType: 'text/plain',
      body: { size: base64Length(body.size), pieces: () => base64Body(body.chunks(), body.size) },
      final: true,
    });
    if (result.kind !== 'answer') return result;
    const { answer } = result;
    if (answer.status === 202)
      return { kind: 'accepted', reply: acceptedReply(answer.headers['request-id']) };
    const refusal = readApiError(answer, handover.hidden, clock.now());
    return { kind: 'refused', refusal, final: true, size: body.size };
  }

  async function throughDraft(handover: Handover, body: MessageBody): Promise<Handed> {
    const { mailbox, ask } = handover;
    const key = mailbox.address ?? '';
    if (noDrafts.recall(key)) return notAllowed(body.size);
    const drafts = leftBehind.get(key) ?? [];
    leftBehind.delete(key);
    for (const url of drafts) await ask({ method: 'DELETE', url, despiteAbort: true });
    let isCreated = false;
    const handed = await sendAsDraft(handover, body, {
      endpoint,
      mailboxUrl: mailboxUrl(endpoint, mailbox),
      now: () => clock.now(),
      created: () => {
        isCreated = true;
      },
      leftBehind(url) {
        if (leftBehind.size >= MOST_LEFT_BEHIND) leftBehind.clear();
        leftBehind.set(key, [...(leftBehind.get(key) ?? []), url].slice(-MOST_LEFT_BEHIND));
      },
    });
    if (isCreated || handed.kind !== 'refused' || handed.refusal.status !== 403) return handed;
    noDrafts.remember(key, true);
    return notAllowed(body.size);
  }

  const api: Api = { name: 'graph', limits: LIMITS, mostRecipients: MOST_RECIPIENTS, handOver };
  return createApiTransport(upstream, api, deps);
}

function notAllowed(size: number): Handed {
  return {
    kind: 'oversize',
    text: `the message has ${size} bytes, sendMail of Microsoft Graph takes about ${(LARGEST_REQUEST / 4) * 3}, and the application may make no draft`,
    remedy:
      'Give the application Mail.ReadWrite of Microsoft Graph (or the role Application Mail.ReadWrite in Exchange Online), or name a fallback of kind smtp for large messages.',
  };
}

/** The limit of requests, not that of the mailbox: a 200 means that the message was dropped in silence (microsoft-graph-docs-contrib issue 3079). */
function isRequestTooLarge({ status, codes, message }: ApiRefusal, size: number): boolean {
  if (codes.includes('ErrorMessageSizeExceeded') || size < SURELY_FITS) return false;
  return (
    status === 413 || (status === 200 && size > SILENTLY_DROPPED) || /maximum request length/i.test(message)
  );
}

function mailboxUrl(endpoint: string, mailbox: ApiMailbox): string {
  const base = `${endpoint}/v1.0`;
  if (!mailbox.named || mailbox.address === undefined) return `${base}/me`;
  return `${base}/users/${encodeURIComponent(mailbox.address)}`;
}

/** 202 says that Graph will send it, not that anybody has got it. */
function acceptedReply(requestId: string | undefined): { code: number; text: string } {
  const id = requestId !== undefined && /^[\w-]{1,64}$/.test(requestId) ? ` (request ${requestId})` : '';
  return { code: 202, text: `accepted by Microsoft Graph, not yet delivered${id}` };
}

function cleanAuthor(block: Buffer): Buffer {
  const header = parseHeader(block);
  const fitted = fitAuthor(header);
  return fitted === header ? block : writeHeader(fitted);
}
