import { LRUCache } from 'lru-cache';
import { oauthOf } from '../oauth/authorizations.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { Alerts } from '../shared/alerts.ts';
import type { Log } from '../shared/log.ts';
import type { UnsentMessage } from './upstreams.ts';

/** Clients and senders that are remembered; beyond this many the oldest may be told again. */
const MOST_REMEMBERED = 1000;
/** Alerts about senders that stand at once. A device that makes up senders must not bury an administrator; the log has them all. */
const MOST_ALERTS = 100;

/** Tells once for each client and sender that the upstream does not take this sender. */
export interface SenderRefusals {
  /** `rewritten`: the address that the message left as all the same. */
  refused(
    upstream: UpstreamSettings,
    message: UnsentMessage,
    why: { readonly words: string; readonly remedy?: string | undefined },
    rewritten?: string,
  ): void;
  /** The upstream took a message of this sender as it was. */
  accepted(upstream: string, message: UnsentMessage): void;
}

export function createSenderRefusals({ alerts, log }: { alerts: Alerts; log: Log }): SenderRefusals {
  /** Whether an alert was raised. */
  const known = new LRUCache<string, boolean>({
    max: MOST_REMEMBERED,
    dispose: (alerted) => {
      if (alerted) standing -= 1;
    },
  });
  let standing = 0;

  return {
    refused(upstream, message, { words, remedy }, rewritten) {
      const key = keyOf(upstream.name, message);
      if (known.get(key) !== undefined) return;
      // Mail from the default mailbox is what perSender promises where a mailbox was not granted.
      const expected = rewritten !== undefined && oauthOf(upstream)?.perSender === true;
      const alerted = !expected && standing < MOST_ALERTS;
      known.set(key, alerted);
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
      if (!alerted) return;
      standing += 1;
      alerts.raise({
        key,
        level: 'warning',
        text:
          `The upstream ${upstream.name} does not take mail of ${message.client} from ${message.sender}; ` +
          (rewritten === undefined ? `it came back: ${words}` : `it leaves from ${rewritten}: ${words}`),
        ...(remedy === undefined ? {} : { remedy }),
        details: fields,
      });
    },
    accepted(upstream, message) {
      if (known.size === 0) return;
      const key = keyOf(upstream, message);
      const alerted = known.get(key);
      if (alerted === undefined) return;
      known.delete(key);
      if (alerted) alerts.clear(key);
    },
  };
}

function keyOf(upstream: string, { client, sender }: UnsentMessage): string {
  return `upstream ${upstream} sender ${sender} of ${client}`;
}
