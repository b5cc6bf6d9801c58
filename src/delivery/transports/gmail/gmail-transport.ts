import type { GmailUpstreamSettings } from '../../../settings/schema-upstreams.ts';
import type { Transport } from '../../transport.ts';
import { apiEndpoint } from '../api/api-endpoint.ts';
import {
  type Api,
  type ApiTransportDependencies,
  createApiTransport,
  type Handed,
  type Handover,
} from '../api/api-transport.ts';
import { fittedBody } from '../api/fitted-body.ts';
import { member, parsedJson, readApiError } from '../api/read-api-error.ts';

/** Largest upload of users.messages.send, in bytes ("maxSize" of the method in Gmail's API description). */
const LARGEST_UPLOAD = 36_700_160;
/** Google Workspace, "Gmail sending limits": recipients per message over the Gmail API. */
const MOST_RECIPIENTS = 500;
/** Quota of a user is 15,000 units a minute, and sending costs 100 ("Usage limits" of the Gmail API). */
const REQUESTS = { most: 150, length: 60_000 };
const AT_ONCE = 4;

/**
 * Sends over users.messages.send of the Gmail API: the message as it is, uploaded as `message/rfc822` in one stream. Gmail sends to
 * whom the header names and takes Bcc out.
 */
export function createGmailTransport(
  upstream: GmailUpstreamSettings,
  deps: ApiTransportDependencies,
): Transport {
  const url = `${apiEndpoint(upstream)}/upload/gmail/v1/users/me/messages/send?uploadType=media`;

  async function handOver({ message, recipients, ask, hidden }: Handover): Promise<Handed> {
    const body = await fittedBody(message.body, recipients);
    if (body.size > LARGEST_UPLOAD) {
      const text = `the message has ${body.size} bytes, and the Gmail API takes at most ${LARGEST_UPLOAD}`;
      return { kind: 'oversize', text };
    }
    const result = await ask({
      method: 'POST',
      url,
      contentType: 'message/rfc822',
      body: { size: body.size, pieces: () => body.chunks() },
      final: true,
    });
    if (result.kind !== 'answer') return result;
    const { answer } = result;
    const id = answer.status === 200 ? member(parsedJson(answer), 'id') : undefined;
    if (typeof id === 'string' && /^[\w-]{1,100}$/.test(id)) {
      return { kind: 'accepted', reply: { code: 200, text: `accepted by the Gmail API as ${id}` } };
    }
    const refusal = readApiError(answer, hidden, deps.clock.now());
    return { kind: 'refused', refusal, final: true, size: body.size };
  }

  const api: Api = {
    name: 'gmail',
    limits: { atOnce: AT_ONCE, requests: REQUESTS },
    mostRecipients: MOST_RECIPIENTS,
    handOver,
  };
  return createApiTransport(upstream, api, deps);
}
