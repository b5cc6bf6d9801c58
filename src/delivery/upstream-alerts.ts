import type { Alerts } from '../shared/alerts.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import type { CircuitView } from './circuit.ts';
import type { Unavailable } from './outcome.ts';

/** A server that is away may come back by itself; after so long somebody should look, ms. */
const PATIENCE = 10 * 60_000;
/** A limit that was not met again for so long is over, ms: its recipients are tried every hour. */
const LIMIT_IS_OVER = 2 * 3_600_000;

/** An upstream that puts off so many different messages and takes none is told about. */
const FEW_MESSAGES = 3;

/** Tells administrators about upstreams that need them: one alert while a circuit is open, cleared when it closes. */
export interface UpstreamAlerts {
  circuitChanged(upstream: string, view: CircuitView): void;
  /** The upstream takes no more mail for some recipients; the others are not concerned. */
  partlyLimited(upstream: string, words: string, remedy: string | undefined): void;
  /** The upstream answered, and put the whole message off. One message is its own affair; several over ten minutes are not. */
  postponed(upstream: string, message: string, words: string): void;
  /** The upstream took or refused a message. */
  decided(upstream: string): void;
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
  const postponing = new Map<string, Postponing>();

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

  /** What was put off is taken at last, or nothing was put off any more for a long time. */
  function decided(upstream: string): void {
    const known = postponing.get(upstream);
    if (known === undefined) return;
    known.timer.cancel();
    postponing.delete(upstream);
    if (known.told) alerts.clear(`${keyOf(upstream)} postpones`);
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
    postponed(upstream, message, words) {
      const known = postponing.get(upstream);
      known?.timer.cancel();
      const timer = clock.after(LIMIT_IS_OVER, () => decided(upstream));
      const now = { since: clock.monotonic(), messages: new Set<string>(), told: false, ...known, timer };
      postponing.set(upstream, now);
      if (now.messages.size < FEW_MESSAGES) now.messages.add(message);
      const isLong = clock.monotonic() - now.since >= PATIENCE && now.messages.size >= FEW_MESSAGES;
      if (now.told || !isLong) return;
      now.told = true;
      alerts.raise({
        key: `${keyOf(upstream)} postpones`,
        level: 'warning',
        text: `The upstream ${upstream} has put off every message for ten minutes; they are tried again. It says: ${words}`,
        remedy: `See whether it passes; otherwise find out with whoever runs ${upstream} why it takes nothing.`,
        upstream,
      });
    },
    decided,
    removed(upstream) {
      over(upstream);
      decided(upstream);
      const timer = limited.get(upstream);
      if (!timer) return;
      timer.cancel();
      limited.delete(upstream);
      alerts.clear(`${keyOf(upstream)} recipients`);
    },
    close() {
      const waiting = [...postponing.values()].map(({ timer }) => timer);
      for (const timer of [...timers.values(), ...limited.values(), ...waiting]) timer.cancel();
      timers.clear();
      limited.clear();
      postponing.clear();
    },
  };
}

/** An upstream that has put off all that it was given lately. */
interface Postponing {
  /** By the monotonic clock. */
  readonly since: number;
  readonly messages: Set<string>;
  readonly timer: Timer;
  told: boolean;
}

function maySettleItself({ reason, unsure }: Unavailable): boolean {
  return reason === 'unreachable' || reason === 'throttled' || unsure === true;
}

function keyOf(upstream: string): string {
  return `upstream ${upstream}`;
}
