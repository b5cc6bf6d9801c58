import type { Sealer } from '../settings/sealer.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import type { Random } from '../shared/random.ts';
import { Secret } from '../shared/secret.ts';
import { ACCESS_LIMITS } from './limits.ts';

/** Tells browsers in which a user has signed in before; what they hold is sealed, so that every node knows it and nobody makes one. */
export interface KnownBrowsers {
  /** What the browser keeps. */
  mark(user: string): string;
  /** The name of a browser that this user has signed in from; undefined for any other. */
  name(user: string, mark: string | undefined): string | undefined;
}

export function createKnownBrowsers(deps: {
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
}): KnownBrowsers {
  const { sealer, clock, random } = deps;
  return {
    mark(user) {
      const until = Math.ceil((clock.now() + ACCESS_LIMITS.knownBrowser) / 1000).toString(36);
      return sealer.seal(
        'known-browser',
        new Secret(`${random.bytes(9).toString('base64url')}.${until}`),
        user,
      );
    },
    name(user, mark) {
      if (mark === undefined) return undefined;
      try {
        const [name = '', until = ''] = sealer.open('known-browser', mark, user).reveal().split('.');
        return Number.parseInt(until, 36) * 1000 > clock.now() ? name : undefined;
      } catch (error) {
        if (error instanceof RelayError) return undefined;
        throw error;
      }
    },
  };
}
