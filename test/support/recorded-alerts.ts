import type { Alert, Alerts } from '../../src/shared/alerts.ts';

/** Alerts that a test looks at: those that stand, and every key that was ever raised or cleared. */
export interface RecordedAlerts extends Alerts {
  readonly standing: Map<string, Alert>;
  readonly history: string[];
}

export function recordAlerts(): RecordedAlerts {
  const standing = new Map<string, Alert>();
  const history: string[] = [];
  return {
    standing,
    history,
    raise(alert) {
      standing.set(alert.key, alert);
      history.push(`+ ${alert.key}`);
    },
    clear(key) {
      standing.delete(key);
      history.push(`- ${key}`);
    },
  };
}
