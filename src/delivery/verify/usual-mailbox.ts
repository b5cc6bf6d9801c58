import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import { accountOf } from '../account.ts';
import { mailboxOf } from '../transports/api/mailbox-of.ts';

/** The mailbox that deliveries without a sender of their own go out of. */
export function usualMailbox(upstream: UpstreamSettings): string | undefined {
  return upstream.kind === 'graph' || upstream.kind === 'gmail'
    ? mailboxOf(upstream, '')?.address
    : accountOf(upstream);
}
