import type { VerifyRequest } from './step.ts';

/** More senders than this take too long for one verification. */
const MOST_SENDERS = 20;

/**
 * The addresses that are tried: those asked for, else the upstream's own, else the account where it is an address. With `from.rewrite:
 * always` every sender becomes the upstream's own address before anything is sent.
 */
export function sendersOf(request: VerifyRequest, account: string | undefined): readonly string[] {
  const { from } = request.upstream;
  const own = from.address ?? (account?.includes('@') === true ? account : undefined);
  if (own !== undefined && (from.rewrite === 'always' || request.senders.length === 0)) return [own];
  return [...new Set(request.senders)].slice(0, MOST_SENDERS);
}
