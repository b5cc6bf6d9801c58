import type { Alert, Alerts } from '../../shared/alerts.ts';
import type { NoToken } from '../token-source.ts';

/** Word to the administrator about an upstream's authorization. */
export interface AuthorizationAlerts {
  /** The provider does not take the grant: only a person can help. */
  isVoid(upstream: string, problem: NoToken): void;
  /** Renewal fails for a reason that does not pass by itself. */
  fails(upstream: string, problem: NoToken): void;
  works(upstream: string): void;
  /** A new refresh token is in memory only. */
  unsaved(upstream: string): void;
  saved(upstream: string): void;
  /** The upstream is not in the settings any more. */
  removed(upstream: string): void;
}

/** Raises `authorization NAME` and `authorization NAME store`. */
export function createAuthorizationAlerts(alerts: Alerts): AuthorizationAlerts {
  function raise(upstream: string, level: Alert['level'], { text, remedy }: NoToken): void {
    const more = remedy === undefined ? {} : { remedy };
    alerts.raise({ key: keyOf(upstream), level, text, upstream, ...more });
  }

  return {
    isVoid: (upstream, problem) => raise(upstream, 'critical', problem),
    fails: (upstream, problem) => raise(upstream, 'warning', problem),
    works: (upstream) => alerts.clear(keyOf(upstream)),
    unsaved: (upstream) =>
      alerts.raise({
        key: storeKeyOf(upstream),
        level: 'critical',
        text: `A new refresh token of upstream ${upstream} could not be stored. Mail goes on, but if Postern ends now, the upstream may have to be authorized again.`,
        remedy: 'Get the database to work again; Postern stores the token by itself as soon as it does.',
        upstream,
      }),
    saved: (upstream) => alerts.clear(storeKeyOf(upstream)),
    removed(upstream) {
      alerts.clear(keyOf(upstream));
      alerts.clear(storeKeyOf(upstream));
    },
  };
}

function keyOf(upstream: string): string {
  return `authorization ${upstream}`;
}

function storeKeyOf(upstream: string): string {
  return `${keyOf(upstream)} store`;
}
