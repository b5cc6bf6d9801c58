import { oauthOf } from '../../oauth/authorizations.ts';
import { cleanReply } from '../../oauth/failures/clean-reply.ts';
import { HttpFailure } from '../../shared/http.ts';
import { type ApiContext, type ApiRefusal, classifyApi } from '../classify-api.ts';
import { classifyConnection } from '../classify-connection.ts';
import { apiEndpoint, apiTarget } from '../transports/api/api-endpoint.ts';
import { type ApiUpstreamSettings, isDelegated, mailboxOf } from '../transports/api/mailbox-of.ts';
import { readApiError } from '../transports/api/read-api-error.ts';
import { type Finding, failed, ok, type Verification, warning } from './verification.ts';

const LIMIT = 20_000;

/**
 * Asks the API to send a message that has no recipients. Reading calls (GET /me, users.getProfile) need rights that a sender should not have;
 * this one needs exactly the right to send. The API looks at token, right and mailbox first, and then refuses the message for want of a
 * recipient (ErrorInvalidRecipients; "Recipient address required"), so nothing can leave.
 */
export async function tryApi(
  run: Verification,
  upstream: ApiUpstreamSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const sender = run.request.senders[0] ?? '';
  const mailbox = mailboxOf(upstream, sender);
  const address = mailbox?.address ?? 'the account that signed in';
  const token = await run.tokens.token({
    upstream,
    signal,
    ...(mailbox?.tokenMailbox === undefined ? {} : { mailbox: mailbox.tokenMailbox }),
  });
  if (token.kind !== 'token') return failed('There is no token for the API.', token);
  const name = upstream.kind === 'graph' ? 'Microsoft Graph' : 'The Gmail API';
  const user = mailbox?.named === true && mailbox.address !== undefined ? mailbox.address : 'me';
  const { url, contentType, body } = requestOf(upstream, user);
  try {
    const answer = await run.http.send({
      method: 'POST',
      url,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.token.reveal()}`,
        'content-type': contentType,
        'content-length': String(Buffer.byteLength(body)),
      },
      body,
      connectTimeout: LIMIT,
      timeout: LIMIT,
      maxAnswer: 256 * 1024,
      signal,
    });
    const hidden = [token.token.reveal()];
    if (answer.status >= 200 && answer.status < 300) {
      return warning(
        `${name} took a message without recipients, which it should refuse; only a real message proves that sending works.`,
        'Send one: --send-to ADDRESS',
      );
    }
    const refusal = readApiError(answer, hidden, run.clock.now());
    const reply = {
      code: refusal.status,
      text: cleanReply([refusal.codes[0] ?? '', refusal.message].join(' ').trim()),
    };
    if (lacksRecipient(refusal)) {
      return ok(
        `${name} lets Postern send from ${address}: a message without recipients was refused for that reason alone.`,
        { reply },
      );
    }
    const { verdict } = classifyApi(refusal, contextOf(upstream, address, mailbox?.own === true));
    const problem = verdict.kind === 'unavailable' ? { text: verdict.text } : {};
    return failed(`${name} does not let Postern send from ${address}.`, {
      ...problem,
      remedy: verdict.remedy,
      reply,
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return failed(
      `${name} did not answer.`,
      classifyConnection(apiTarget(upstream), error.code, error.message),
    );
  }
}

/** Google Developers, "users.messages.send" (media upload); Microsoft Learn, "user: sendMail" (MIME). */
function requestOf(upstream: ApiUpstreamSettings, user: string) {
  const subject = 'Subject: Postern verifies; this message has no recipients and cannot leave\r\n\r\n\r\n';
  const base = apiEndpoint(upstream);
  const who = encodeURIComponent(user);
  if (upstream.kind === 'gmail') {
    return {
      url: `${base}/upload/gmail/v1/users/${who}/messages/send?uploadType=media`,
      contentType: 'message/rfc822',
      body: subject,
    };
  }
  return {
    url: `${base}/v1.0/${user === 'me' ? 'me' : `users/${who}`}/sendMail`,
    contentType: 'text/plain',
    body: Buffer.from(subject).toString('base64'),
  };
}

function lacksRecipient({ status, codes, message }: ApiRefusal): boolean {
  if (status !== 400) return false;
  return codes.some((code) => /^ErrorInvalidRecipients$/i.test(code)) || /recipient/i.test(message);
}

function contextOf(upstream: ApiUpstreamSettings, mailbox: string, ownMailbox: boolean): ApiContext {
  const oauth = oauthOf(upstream);
  return {
    api: upstream.kind,
    upstream: upstream.name,
    host: apiTarget(upstream).host,
    mailbox,
    ownMailbox,
    delegated: isDelegated(upstream),
    clientId: oauth?.clientId ?? 'CLIENT-ID',
    final: false,
    size: 0,
  };
}
