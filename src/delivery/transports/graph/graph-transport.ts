import { parseHeader, writeHeader } from '../../../message/headers.ts';
import { MICROSOFT_CLOUDS } from '../../../oauth/endpoints.ts';
import type { GraphUpstreamSettings } from '../../../settings/schema-upstreams.ts';
import type { Transport } from '../../transport.ts';
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
import { readApiError } from '../api/read-api-error.ts';

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

/** Sends over Microsoft Graph: sendMail with the message in MIME format. */
export function createGraphTransport(
  upstream: GraphUpstreamSettings,
  deps: ApiTransportDependencies,
): Transport {
  const endpoint = endpointOf(upstream);

  async function handOver(handover: Handover): Promise<Handed> {
    const { message, recipients, mailbox, ask, hidden } = handover;
    const body = await fittedBody(message.body, recipients, cleanAuthor);
    const size = base64Length(body.size);
    if (size > LARGEST_REQUEST) {
      const text = `the message has ${body.size} bytes, and sendMail of Microsoft Graph takes at most ${(LARGEST_REQUEST / 4) * 3}`;
      return { kind: 'oversize', text };
    }
    const result = await ask({
      method: 'POST',
      url: `${mailboxUrl(endpoint, mailbox)}/sendMail`,
      contentType: 'text/plain',
      body: { size, pieces: () => base64Body(body.chunks()) },
      final: true,
    });
    if (result.kind !== 'answer') return result;
    const { answer } = result;
    if (answer.status === 202)
      return { kind: 'accepted', reply: acceptedReply(answer.headers['request-id']) };
    const refusal = readApiError(answer, hidden, deps.clock.now());
    return { kind: 'refused', refusal, final: true, size: body.size };
  }

  const api: Api = { name: 'graph', endpoint, limits: LIMITS, mostRecipients: MOST_RECIPIENTS, handOver };
  return createApiTransport(upstream, api, deps);
}

/** The address of the API without a slash at the end: as typed, or that of the cloud. */
function endpointOf({ endpoint, authentication }: GraphUpstreamSettings): string {
  const cloud = authentication.type === 'oauth2' ? authentication.cloud : 'global';
  return (endpoint ?? MICROSOFT_CLOUDS[cloud].graph).replace(/\/+$/, '');
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
