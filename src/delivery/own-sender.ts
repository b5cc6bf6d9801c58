import type { Settings } from '../settings/schema.ts';
import { upstreamSender } from './sender-policy.ts';

/**
 * The address that Postern's own mail is from: `notices.from`, else the one that the upstream takes as sender. Own mail is never
 * rewritten, so it has to begin with an address that leaves. Undefined where neither is known.
 */
export function ownSender(
  settings: Pick<Settings, 'notices' | 'upstreams' | 'defaultUpstream'>,
  upstream = settings.defaultUpstream,
): string | undefined {
  const way = settings.upstreams.find(({ name }) => name === upstream);
  return settings.notices.from ?? (way === undefined ? undefined : upstreamSender(way));
}
