/**
 * Asks for the tokens of a device code until somebody has entered it (RFC 8628 section 3.4). Promises: one question at a
 * time, no more often than the provider wants, none after the code has expired or `stop`, and exactly one of `granted`
 * and `failed`, or neither after `stop`.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { errorText } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type DeviceCode, type Grant, type OAuthProvider, ProviderFailure } from '../provider.ts';

/** Milliseconds added whenever the provider wants it slower (section 3.5). */
const SLOW_DOWN = 5000;
const SHORTEST = 1000;
const LONGEST = 60_000;

export interface DevicePolling {
  stop(): void;
}

export interface PollingOptions {
  readonly code: DeviceCode;
  /** ms since 1970. */
  readonly expiresAt: number;
  readonly provider: Pick<OAuthProvider, 'pollDevice'>;
  readonly granted: (grant: Grant) => void;
  readonly failed: (text: string, remedy?: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export function pollDevice(options: PollingOptions): DevicePolling {
  const { code, expiresAt, provider, granted, failed, clock, log } = options;
  let interval = bounded(code.interval);
  let timer: Timer | undefined;
  let stopped = false;

  function wait(): void {
    if (clock.now() + interval >= expiresAt) {
      timer = clock.after(expiresAt - clock.now(), () =>
        end(() => failed(EXPIRED, 'Begin anew, and enter the code soon.')),
      );
    } else {
      timer = clock.after(interval, () => void ask());
    }
  }
  function end(tell: () => void): void {
    if (stopped) return;
    stop();
    tell();
  }
  function stop(): void {
    stopped = true;
    timer?.cancel();
  }
  async function ask(): Promise<void> {
    try {
      const answer = await provider.pollDevice(code);
      if (answer.kind === 'granted') return end(() => granted(answer.grant));
      if (answer.kind === 'slow-down') interval = bounded(interval + SLOW_DOWN);
    } catch (error) {
      if (!(error instanceof ProviderFailure)) {
        log.error({ err: error }, 'Asking for the tokens of a device code failed');
        return end(() => failed(`Postern failed: ${errorText(error)}`));
      }
      const { text, remedy, retryAfter, reason } = error.problem;
      if (error.final || (reason !== 'unreachable' && reason !== 'throttled')) {
        return end(() => failed(text, remedy));
      }
      // The code may have been entered meanwhile: what is only out of reach is asked again, more slowly.
      interval = bounded(Math.max(interval * 2, retryAfter ?? 0));
    }
    if (!stopped) wait();
  }

  wait();
  return { stop };
}

/** What is said of a code that nobody entered. */
export const EXPIRED = 'Nobody entered the code in time.';

function bounded(interval: number): number {
  return Math.min(Math.max(interval, SHORTEST), LONGEST);
}
