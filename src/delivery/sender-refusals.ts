import { LRUCache } from 'lru-cache';
import { oauthOf } from '../oauth/authorizations.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { Alerts } from '../shared/alerts.ts';
import type { Log } from '../shared/log.ts';
import { ANY_SENDER, rewriteOr } from './classification-words.ts';
import type { UnsentMessage } from './upstreams.ts';

/** Clients and senders that are remembered; beyond this many the oldest may be told again. */
const MOST_REMEMBERED = 1000;
/**
 * Alerts about senders that stand at once, in all and of one client. A device that makes up senders must not bury an administrator, nor
 * keep what other devices need from being told; the log has them all.
 */
const MOST_ALERTS = 100;
const MOST_OF_ONE = 10;
/** Characters of the server's words in an alert; the journal has the rest. */
const LONGEST_WORDS = 200;

type Refused = Pick<UnsentMessage, 'client' | 'sender'>;

/** Tells once for each client and sender that the upstream does not take this sender. */
export interface SenderRefusals {
  /** `rewritten`: the address that the message left as all the same. */
  refused(
    upstream: UpstreamSettings,
    message: Refused,
    why: {
      readonly words: string;
      readonly remedy?: string | undefined;
      /** Its mail is kept until the sender is allowed. */
      readonly waits?: boolean;
    },
    rewritten?: string,
  ): void;
  /** The upstream is another now, or is gone: what was told of it is over, and told anew where it is still so. */
  changed(upstream: string): void;
  /** The upstream took a message of this sender as it was. */
  accepted(upstream: string, message: Refused): void;
}

export function createSenderRefusals({ alerts, log }: { alerts: Alerts; log: Log }): SenderRefusals {
  const known = new LRUCache<string, true>({ max: MOST_REMEMBERED });
  /** Client of each alert that stands; these are not forgotten, or others would be raised in their place for ever. */
  const standing = new Map<string, string>();

  function mayAlert(client: string): boolean {
    if (standing.size >= MOST_ALERTS) return false;
    return [...standing.values()].filter((one) => one === client).length < MOST_OF_ONE;
  }

  return {
    refused(upstream, message, { words, remedy, waits = false }, rewritten) {
      const key = keyOf(upstream.name, message);
      if (known.get(key) !== undefined || standing.has(key)) return;
      // Mail from the default mailbox is what perSender promises where a mailbox was not granted.
      const expected = rewritten !== undefined && oauthOf(upstream)?.perSender === true;
      known.set(key, true);
      const fields = { upstream: upstream.name, client: message.client, sender: message.sender };
      if (rewritten !== undefined) {
        log.warn(
          { ...fields, rewrittenSender: rewritten },
          'The upstream does not let Postern send as this sender; its mail leaves from the upstream’s own address.',
        );
      } else {
        log.error(
          fields,
          'The upstream does not let Postern send as this sender; set from.rewrite of the upstream to if-refused, or allow the sender there.',
        );
      }
      if (expected || !mayAlert(message.client)) return;
      standing.set(key, message.client);
      alerts.raise({
        key,
        level: 'warning',
        text:
          `The upstream ${upstream.name} does not take mail of ${message.client} from ${message.sender}; ` +
          (rewritten === undefined ? (waits ? 'it waits' : 'it came back') : `it leaves from ${rewritten}`) +
          `: ${words.length > LONGEST_WORDS ? `${words.slice(0, LONGEST_WORDS)}…` : words}`,
        ...(remedy === undefined
          ? {}
          : { remedy: remedyFor(remedy, upstream.name, message.sender, rewritten) }),
        details: fields,
      });
    },
    changed(upstream) {
      const prefix = keysOf(upstream);
      // Of other upstreams too, whose senders are told once more in the log at most.
      known.clear();
      for (const key of standing.keys()) {
        if (key.startsWith(prefix) && standing.delete(key)) alerts.clear(key);
      }
    },
    accepted(upstream, message) {
      if (known.size === 0 && standing.size === 0) return;
      const key = keyOf(upstream, message);
      known.delete(key);
      if (standing.delete(key)) alerts.clear(key);
    },
  };
}

function keysOf(upstream: string): string {
  return `upstream ${upstream} sender `;
}

function keyOf(upstream: string, { client, sender }: Refused): string {
  return `${keysOf(upstream)}${sender} of ${client}`;
}

/** For this sender. What a device writes is put into a command only where no shell could take it for something else. */
function remedyFor(remedy: string, upstream: string, sender: string, rewritten: string | undefined): string {
  const plain = /^[\w.+-]+@[\w.-]+$/.test(sender) && !sender.startsWith('-');
  const named = plain ? remedy.replace(` ${ANY_SENDER} `, () => ` ${sender} `) : remedy;
  const prefix = rewriteOr(upstream);
  return rewritten !== undefined && named.startsWith(prefix)
    ? `To let it leave as it is, ${named.slice(prefix.length)}`
    : named;
}
