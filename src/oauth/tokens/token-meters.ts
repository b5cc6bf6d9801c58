import type { Meter } from '../../shared/meter.ts';
import type { NoToken } from '../token-source.ts';
import type { HeldToken } from './held-token.ts';

/** What is counted about tokens. */
export interface TokenMeters {
  asked(upstream: string, result: 'granted' | 'refused' | NoToken['reason']): void;
}

/** The counter, and a gauge that asks `held` for what is in memory. */
export function createTokenMeters(
  meter: Meter,
  held: () => Iterable<readonly [upstream: string, token: HeldToken]>,
  now: () => number,
): TokenMeters {
  const requests = meter.counter(
    'postern_token_requests_total',
    'Requests for an access token, by result: granted, refused (the grant is void), or why there was none.',
    ['upstream', 'result'],
  );
  const expiry = meter.gauge(
    'postern_token_expiry_seconds',
    'Seconds that the access token of an upstream still lives; of several the longest.',
    ['upstream'],
  );
  expiry.from(() => {
    const longest = new Map<string, number>();
    for (const [upstream, token] of held()) {
      const rest = Math.max(0, (token.expiresAt - now()) / 1000);
      longest.set(upstream, Math.max(rest, longest.get(upstream) ?? 0));
    }
    return [...longest].map(([upstream, value]) => ({ labels: [upstream], value }));
  });
  return { asked: (upstream, result) => requests.add(1, upstream, result) };
}
