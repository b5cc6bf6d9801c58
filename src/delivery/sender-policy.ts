import { rewriteSender } from '../message/rewrite.ts';
import type { Settings } from '../settings/schema.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import { accountOf } from './account.ts';
import type { RecipientOutcome } from './outcome.ts';
import { rewrittenBody } from './rewritten-body.ts';
import type { UnsentMessage } from './upstreams.ts';

/** The address that the message goes out as from the start, where it is not its own; undefined to leave it alone. */
export function senderAtOnce(
  message: Pick<UnsentMessage, 'own' | 'client'>,
  upstream: UpstreamSettings,
  settings: Pick<Settings, 'clients' | 'users'>,
): string | undefined {
  if (message.own) return undefined;
  if (upstream.from.rewrite === 'always') return upstreamSender(upstream);
  const byName = (client: { readonly name: string }): boolean => client.name === message.client;
  return (settings.users.find(byName) ?? settings.clients.find(byName))?.rewriteSender;
}

/** The address to try once more with, when the upstream refused the sender; undefined when that is final. */
export function senderAfterRefusal(message: UnsentMessage, upstream: UpstreamSettings): string | undefined {
  if (message.own || upstream.from.rewrite !== 'if-refused') return undefined;
  return upstreamSender(upstream);
}

/** `from.address`, or the name that Postern signs in with where it is an address. */
export function upstreamSender(upstream: UpstreamSettings): string | undefined {
  if (upstream.from.address !== undefined) return upstream.from.address;
  const account = accountOf(upstream);
  return account?.includes('@') === true ? account : undefined;
}

/** The upstream refused this recipient on account of the sender, so another sender address may help. */
export function isSenderRefusal(
  outcome: RecipientOutcome,
): outcome is Extract<RecipientOutcome, { kind: 'rejected' }> {
  return outcome.kind === 'rejected' && outcome.reason === 'sender';
}

/** The sender's mailbox is not granted yet, and its mail may not leave from another address: it waits. */
export function isSenderWaiting(
  outcome: RecipientOutcome,
): outcome is RecipientOutcome & { kind: 'deferred' } {
  return outcome.kind === 'deferred' && outcome.reason === 'sender';
}

/** The message as `address`. A report keeps its empty sender: nobody may answer it with a report (RFC 3464 section 2). */
export async function withSender(message: UnsentMessage, address: string): Promise<UnsentMessage> {
  const body = await rewrittenBody(message.body, (header) =>
    rewriteSender(header, { from: address, original: message.sender }),
  );
  return { ...message, body, sender: message.sender === '' ? '' : address };
}
