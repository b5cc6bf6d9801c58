import { claimsText, tokenClaims } from '../../../oauth/token-claims.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Secret } from '../../../shared/secret.ts';
import { type ApiContext, type ApiRefusal, classifyApi } from '../../classify-api.ts';
import { classifyConnection } from '../../classify-connection.ts';
import type { RecipientOutcome, Reply, Unavailable } from '../../outcome.ts';
import type { OutgoingMessage } from '../../transport.ts';
import { showable } from '../smtp/parse-reply.ts';
import { apiTarget } from './api-endpoint.ts';
import type { Api, Handed } from './api-transport.ts';
import { type ApiMailbox, type ApiUpstreamSettings, isDelegated } from './mailbox-of.ts';
import { createMemory } from './memory.ts';

/** What a handover comes to: about the upstream, or for all recipients of the message. */
export type Conclusion =
  | { readonly unavailable: Unavailable; readonly tries?: number }
  | {
      readonly unavailable?: undefined;
      readonly outcome: RecipientOutcome;
      /** So many more tries at once come before it counts. */
      readonly tries?: number;
    };

export interface Conclusions {
  conclude(handed: Handed, message: OutgoingMessage, mailbox: ApiMailbox, token: Secret): Conclusion;
  /** The refusal for a message at least as large as one that was refused for its size within the last hour. */
  tooLarge(message: OutgoingMessage, mailbox: ApiMailbox): Conclusion | undefined;
  noMailbox(): Unavailable;
  noTokenForSender(mailbox: ApiMailbox): RecipientOutcome;
  /** For the recipients that were left when the upstream went out of order. */
  waiting(cause: Unavailable): RecipientOutcome;
  readonly stopped: RecipientOutcome;
  readonly postponed: RecipientOutcome;
}

const HOUR = 3_600_000;
/** No mailbox has a limit below this, bytes: the refusal of a smaller message for its size says nothing about the next one. */
const SMALLEST_LIMIT = 1_000_000;
/** A sender that was not granted waits so long between tries, ms: role assignments take effect within two hours. */
const UNTIL_GRANTED = HOUR / 4;

/** Puts what an API did into outcomes; remembers sizes. */
export function createConclusions(
  upstream: ApiUpstreamSettings,
  { name }: Pick<Api, 'name'>,
  clock: Clock,
): Conclusions {
  const target = apiTarget(upstream);
  const { host } = target;
  const { authentication } = upstream;
  const clientId = authentication.type === 'oauth2' ? (authentication.clientId ?? 'CLIENT-ID') : 'CLIENT-ID';
  const largest = createMemory<number>(clock, HOUR);

  function contextOf(mailbox: ApiMailbox, final: boolean, size: number): ApiContext {
    return {
      api: name,
      upstream: upstream.name,
      host,
      mailbox: words(mailbox),
      ownMailbox: mailbox.own,
      delegated: isDelegated(upstream),
      clientId,
      final,
      size,
    };
  }

  function refused(refusal: ApiRefusal, context: ApiContext, mailbox: ApiMailbox, token: Secret): Conclusion {
    const { verdict, enhanced, tries } = classifyApi(refusal, context);
    const reply: Reply = {
      ...(enhanced === undefined ? {} : { enhanced }),
      ...replyOf(refusal, context.host),
    };
    if (verdict.kind === 'unavailable') {
      const claims = isAboutRights(verdict.reason) ? claimsOf(token) : '';
      return {
        unavailable: {
          ...verdict,
          reply,
          text: `${verdict.text}${claims} It said: ${reply.code} ${reply.text}`,
        },
      };
    }
    if (verdict.kind === 'deferred') {
      const { patience: _patience, ...outcome } = verdict;
      return { outcome: { ...outcome, reply } };
    }
    if (enhanced === '5.3.4' && context.size >= SMALLEST_LIMIT) remember(mailbox, context.size);
    // Nothing can be rewritten: the sender waits until the mailbox is granted, instead of getting its mail back.
    if (verdict.reason === 'sender' && mailbox.own && upstream.from.rewrite === 'never') {
      const remedy = verdict.remedy === undefined ? {} : { remedy: verdict.remedy };
      return { outcome: { kind: 'deferred', reason: 'sender', retryAfter: UNTIL_GRANTED, reply, ...remedy } };
    }
    return { outcome: { ...verdict, reply }, ...(tries === undefined ? {} : { tries }) };
  }

  function remember(mailbox: ApiMailbox, size: number): void {
    const key = words(mailbox);
    largest.remember(key, Math.min(size, largest.recall(key) ?? size));
  }

  function failed(handed: Handed & { kind: 'failed' }): Conclusion {
    const { failure, reached, doubtful } = handed;
    const what = showable(failure.message.replace(/\.$/, ''));
    if (doubtful) {
      const text = `${host} ${what} after it was given the whole message`;
      return {
        outcome: { kind: 'deferred', reason: 'in-doubt', reply: { code: 451, enhanced: '4.4.2', text } },
      };
    }
    if (reached) return { outcome: deferred(`${host} ${what} before it took the message`, '4.4.2') };
    return { unavailable: classifyConnection(target, failure.code, what) };
  }

  const stopped = deferred('Postern stopped before the message was sent', '4.3.2');

  return {
    stopped,
    postponed: deferred(`${host} was not asked for this recipient any more`, '4.3.0'),
    waiting: (cause) => ({
      kind: 'deferred',
      reason: cause.reason === 'quota' ? 'quota' : 'busy',
      reply: cause.reply ?? { code: 451, enhanced: '4.3.0', text: showable(cause.text) },
      ...(cause.retryAfter === undefined ? {} : { retryAfter: cause.retryAfter }),
      ...(cause.remedy === undefined ? {} : { remedy: cause.remedy }),
    }),
    noMailbox: () => ({
      kind: 'unavailable',
      reason: 'configuration',
      text: `The upstream ${upstream.name} does not know from which mailbox to send.`,
      remedy: `Set authentication of the upstream ${upstream.name} to type oauth2, with email or mailbox.`,
    }),
    noTokenForSender(mailbox) {
      const text = `no access token is given out for ${words(mailbox)}`;
      const remedy = `Check that ${words(mailbox)} is a user of the domain, or set from.rewrite of the upstream ${upstream.name} to if-refused.`;
      if (upstream.from.rewrite === 'never') {
        return { ...deferred(text, '4.7.0'), reason: 'sender', retryAfter: UNTIL_GRANTED, remedy };
      }
      return { kind: 'rejected', reason: 'sender', reply: { code: 550, enhanced: '5.7.1', text }, remedy };
    },
    tooLarge({ body }, mailbox) {
      const size = largest.recall(words(mailbox));
      if (size === undefined || body.size < size) return undefined;
      return {
        outcome: oversize(
          `the message has ${body.size} bytes, and one of ${size} bytes was too large for ${host} within the last hour`,
        ),
      };
    },
    conclude(handed, message, mailbox, token) {
      switch (handed.kind) {
        case 'accepted':
          return { outcome: { kind: 'delivered', reply: handed.reply } };
        case 'refused':
          return refused(handed.refusal, contextOf(mailbox, handed.final, message.body.size), mailbox, token);
        case 'oversize':
          return { outcome: oversize(handed.text, handed.remedy) };
        case 'failed':
          return failed(handed);
        case 'stopped':
          return { outcome: stopped };
        case 'let-go':
          return { outcome: deferred('Another node has taken the message', '4.3.0') };
        case 'early':
          return {
            unavailable: {
              kind: 'unavailable',
              reason: 'throttled',
              text: `The limits of ${host} for ${words(mailbox)} are used up for the moment.`,
              remedy: 'Nothing to do: Postern goes on by itself.',
              retryAfter: handed.wait,
            },
          };
      }
    },
  };
}

function words(mailbox: ApiMailbox): string {
  return mailbox.address ?? 'the account that signed in';
}

function deferred(text: string, enhanced: string): RecipientOutcome & { kind: 'deferred' } {
  return { kind: 'deferred', reason: 'busy', reply: { code: 451, enhanced, text } };
}

/** Recognised by isOversize, so that the fallback is taken. */
function oversize(text: string, remedy?: string): RecipientOutcome {
  return {
    kind: 'rejected',
    reason: 'content',
    reply: { code: 552, enhanced: '5.3.4', text },
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function replyOf({ status, codes, message }: ApiRefusal, host: string): Reply {
  const [code] = codes;
  const text = code === undefined ? `${host}: ${message}` : `${code}: ${message}`;
  return { code: status, text: showable(text) };
}

function isAboutRights(reason: Unavailable['reason']): boolean {
  return reason === 'authentication' || reason === 'configuration';
}

function claimsOf(token: Secret): string {
  const claims = tokenClaims(token.reveal());
  const text = claims === undefined ? '' : claimsText(claims);
  return text === '' ? '' : ` The token says: ${text}.`;
}
