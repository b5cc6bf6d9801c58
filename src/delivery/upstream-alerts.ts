import type { Alerts } from '../shared/alerts.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import type { CircuitView } from './circuit.ts';
import type { Unavailable } from './outcome.ts';

/** A server that is away may come back by itself; after so long somebody should look, ms. */
const PATIENCE = 10 * 60_000;
/** A limit that was not met again for so long is over, ms: its recipients are tried every hour. */
const LIMIT_IS_OVER = 2 * 3_600_000;

/** Tells administrators about upstreams that need them: one alert while a circuit is open, cleared when it closes. */
export interface UpstreamAlerts {
  circuitChanged(upstream: string, view: CircuitView): void;
  /** The upstream takes no more mail for some recipients; the others are not concerned. */
  partlyLimited(upstream: string, words: string, remedy: string | undefined): void;
  /** The upstream is not in the settings any more. */
  removed(upstream: string): void;
  close(): void;
}

export function createUpstreamAlerts({ alerts, clock }: { alerts: Alerts; clock: Clock }): UpstreamAlerts {
  const raised = new Set<string>();
  const timers = new Map<string, Timer>();
  /** Why, as of the last try. */
  const causes = new Map<string, Unavailable>();
  const limited = new Map<string, Timer>();

  function raise(upstream: string): void {
    const cause = causes.get(upstream);
    if (cause === undefined || raised.has(upstream)) return;
    raised.add(upstream);
    cancel(upstream);
    alerts.raise({
      key: keyOf(upstream),
      level: cause.reason === 'quota' || cause.reason === 'throttled' ? 'warning' : 'critical',
      text: `The upstream ${upstream} is out of order and its mail waits: ${cause.text}`,
      ...(cause.remedy === undefined ? {} : { remedy: cause.remedy }),
      upstream,
      details: { reason: cause.reason },
    });
  }

  function cancel(upstream: string): void {
    timers.get(upstream)?.cancel();
    timers.delete(upstream);
  }

  function over(upstream: string): void {
    cancel(upstream);
    causes.delete(upstream);
    if (raised.delete(upstream)) alerts.clear(keyOf(upstream));
  }

  return {
    circuitChanged(upstream, { state, cause, since }) {
      if (state === 'closed' || cause === undefined) return over(upstream);
      if (state === 'half-open') return;
      causes.set(upstream, cause);
      if (!maySettleItself(cause)) return raise(upstream);
      if (raised.has(upstream) || timers.has(upstream)) return;
      const left = PATIENCE - (clock.now() - (since ?? clock.now()));
      timers.set(
        upstream,
        clock.after(Math.max(0, left), () => raise(upstream)),
      );
    },
    partlyLimited(upstream, words, remedy) {
      const key = `${keyOf(upstream)} recipients`;
      const known = limited.get(upstream);
      known?.cancel();
      limited.set(
        upstream,
        clock.after(LIMIT_IS_OVER, () => {
          limited.delete(upstream);
          alerts.clear(key);
        }),
      );
      if (known) return;
      alerts.raise({
        key,
        level: 'warning',
        text: `The upstream ${upstream} takes no more mail for some recipients for now; it waits: ${words}`,
        ...(remedy === undefined ? {} : { remedy }),
        upstream,
      });
    },
    removed(upstream) {
      over(upstream);
      const timer = limited.get(upstream);
      if (!timer) return;
      timer.cancel();
      limited.delete(upstream);
      alerts.clear(`${keyOf(upstream)} recipients`);
    },
    close() {
      for (const timer of [...timers.values(), ...limited.values()]) timer.cancel();
      timers.clear();
      limited.clear();
    },
  };
}

function maySettleItself({ reason, unsure }: Unavailable): boolean {
  return reason === 'unreachable' || reason === 'throttled' || unsure === true;
}

function keyOf(upstream: string): string {
  return `upstream ${upstream}`;
}
