/**
 * The sign-ins that this node began and nobody finished yet, so that their number stays small: what is dropped here is
 * ended in the store by the caller. In memory only; after a restart rows of the store simply expire.
 */

/** At once, of all upstreams and of one. */
const MOST = 20;
const MOST_OF_ONE = 3;

export interface BegunSignIn {
  readonly id: string;
  readonly upstream: string;
  readonly flow: 'authorization-code' | 'device-code';
  /** ms since 1970. */
  readonly expiresAt: number;
  /** Ends what goes on in the background. */
  readonly stop?: () => void;
}

export interface BegunSignIns {
  /**
   * Takes one in, and answers with those that had to go for it: another device code of the same upstream, and the oldest
   * where there are too many. They are stopped.
   */
  add(begun: BegunSignIn, now: number): readonly BegunSignIn[];
  /** It is over. */
  remove(id: string): void;
  /** Takes out and stops all of an upstream, or all there are. */
  drop(upstream?: string): readonly BegunSignIn[];
}

export function createBegunSignIns(): BegunSignIns {
  let all: BegunSignIn[] = [];

  function take(gone: (begun: BegunSignIn) => boolean): readonly BegunSignIn[] {
    const taken = all.filter(gone);
    all = all.filter((begun) => !taken.includes(begun));
    for (const begun of taken) begun.stop?.();
    return taken;
  }

  return {
    add(begun, now) {
      take(({ expiresAt }) => expiresAt <= now);
      const replaced = take(
        ({ upstream, flow }) =>
          flow === 'device-code' && begun.flow === 'device-code' && upstream === begun.upstream,
      );
      const same = all.filter(({ upstream }) => upstream === begun.upstream);
      const surplus = [
        ...same.slice(0, Math.max(0, same.length + 1 - MOST_OF_ONE)),
        ...all.slice(0, Math.max(0, all.length + 1 - MOST)),
      ];
      const dropped = take((one) => surplus.includes(one));
      all.push(begun);
      return [...replaced, ...dropped];
    },
    remove(id) {
      take((begun) => begun.id === id);
    },
    drop: (upstream) => take((begun) => upstream === undefined || begun.upstream === upstream),
  };
}
