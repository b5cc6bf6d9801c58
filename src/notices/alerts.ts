import type { Alert, Alerts } from '../shared/alerts.ts';
import type { Clock } from '../shared/clock.ts';
import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';

/** An alert that stands. */
export interface StandingAlert extends Alert {
  /** ms since 1970. */
  readonly since: number;
}

/** The alerts of this node, for everybody who raises, shows or sends them. */
export interface AlertBook extends Alerts {
  /** What stands now, critical ones first, then the oldest first. */
  list(): readonly StandingAlert[];
  /** Calls back with each alert that is told; returns the way to stop that. */
  onRaised(callback: (alert: StandingAlert) => void): () => void;
  /** Calls back when the list is another one than before; returns the way to stop that. The callback must not throw. */
  onChange(callback: () => void): () => void;
}

export interface AlertsDependencies {
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** More stand only where something raises a new key each time; the oldest are forgotten then. */
const MOST_ALERTS = 500;

/**
 * Tells each alert once, in the log (critical as error, warning as warn) and to whoever listens, until it is cleared; one that
 * gets worse, from warning to critical, is told anew. Nothing here throws.
 */
export function createAlerts({ log, meter, clock }: AlertsDependencies): AlertBook {
  const standing = new Map<string, StandingAlert>();
  const callbacks = new Set<{ readonly call: (alert: StandingAlert) => void }>();
  const watchers = new Set<{ readonly call: () => void }>();
  const told = meter.counter('postern_alerts_total', 'Alerts that were told.', ['level']);
  meter
    .gauge('postern_alerts', 'Alerts that stand now.', ['level'])
    .from(() =>
      (['warning', 'critical'] as const).map((level) => ({ labels: [level], value: count(level) })),
    );

  const count = (level: Alert['level']): number =>
    [...standing.values()].filter((alert) => alert.level === level).length;

  function changed(): void {
    for (const { call } of watchers) call();
  }

  function tell(alert: StandingAlert): void {
    const { key, level, text, remedy, upstream, details } = alert;
    const fields = { alert: key, remedy, upstream, ...details };
    if (level === 'critical') log.error(fields, text);
    else log.warn(fields, text);
    told.add(1, level);
    for (const { call } of callbacks) {
      try {
        call(alert);
      } catch (error) {
        log.error({ err: error }, `An alert did not go out: ${errorText(error)}`);
      }
    }
  }

  function makeRoom(): void {
    if (standing.size < MOST_ALERTS) return;
    const warning = [...standing.values()].find(({ level }) => level === 'warning')?.key;
    // Whoever can cause warnings must not make critical ones go.
    const oldest = warning ?? standing.keys().next().value;
    if (oldest === undefined) return;
    standing.delete(oldest);
    log.warn({ alert: oldest }, `More than ${MOST_ALERTS} alerts stand; the oldest is forgotten.`);
  }

  return {
    raise(alert) {
      const known = standing.get(alert.key);
      if (known?.level === alert.level || known?.level === 'critical') {
        // Told already; what is shown is the newest word.
        const newest = { ...alert, level: known.level, since: known.since };
        standing.set(alert.key, newest);
        if (newest.text !== known.text) changed();
        return;
      }
      if (known === undefined) makeRoom();
      const raised = { ...alert, since: known?.since ?? clock.now() };
      standing.set(alert.key, raised);
      tell(raised);
      changed();
    },
    clear(key) {
      const known = standing.get(key);
      if (!standing.delete(key) || known === undefined) return;
      log.info({ alert: key, upstream: known.upstream }, `No longer: ${known.text}`);
      changed();
    },
    list: () => {
      const all = [...standing.values()].toSorted((a, b) => a.since - b.since);
      return [
        ...all.filter(({ level }) => level === 'critical'),
        ...all.filter(({ level }) => level === 'warning'),
      ];
    },
    onRaised(callback) {
      const entry = { call: callback };
      callbacks.add(entry);
      return () => callbacks.delete(entry);
    },
    onChange(callback) {
      const entry = { call: callback };
      watchers.add(entry);
      return () => watchers.delete(entry);
    },
  };
}
