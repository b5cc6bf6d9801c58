import { createRouter } from '../delivery/route.ts';
import { upstreamSender } from '../delivery/sender-policy.ts';
import type { DeniedClient } from '../inbound/denied.ts';
import type { Settings } from '../settings/schema.ts';
import { RelayError } from '../shared/errors.ts';

/**
 * The address that a device's mail can leave from: the own sender of the upstream that its mail goes to. Throws RelayError
 * `not-allowed` where that one has none.
 */
export function senderForDevice(
  settings: Settings,
  client: string,
  refusal: Pick<DeniedClient, 'sender' | 'recipient' | 'listener'>,
): string {
  const name = createRouter(settings)({
    sender: refusal.sender,
    recipients: refusal.recipient === '' ? [] : [refusal.recipient],
    client,
    listener: refusal.listener,
  });
  const upstream = settings.upstreams.find((one) => one.name === name);
  if (upstream === undefined || upstream.kind === 'test-relay') {
    throw new RelayError('not-allowed', 'Its mail goes to the test relay, which has no sender of its own.', {
      hint: 'Add the mailbox that your mail leaves from under E-mail configuration first; or allow the device without rewriting.',
    });
  }
  const address = upstreamSender(upstream);
  if (address !== undefined) return address;
  throw new RelayError('not-allowed', `The upstream ${name} has no sender address of its own.`, {
    hint: `Set from.address of ${name} to an address that it accepts as sender; or allow the device without rewriting.`,
  });
}
