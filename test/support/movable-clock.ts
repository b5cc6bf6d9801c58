import type { Clock, Timer } from '../../src/shared/clock.ts';

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
  handle?: NodeJS.Timeout;
}

/** The time of this machine, which runs `speed` times as fast and can be moved forward; its timers keep to it. */
export class MovableClock implements Clock {
  readonly #speed: number;
  readonly #wall = Date.now();
  readonly #start = performance.now();
  readonly #waiting = new Set<Waiting>();
  #skipped = 0;

  constructor(speed = 1) {
    this.#speed = speed;
  }

  now(): number {
    return Math.round(this.#wall + this.monotonic());
  }

  monotonic(): number {
    return (performance.now() - this.#start) * this.#speed + this.#skipped;
  }

  after(milliseconds: number, callback: () => void): Timer {
    const entry: Waiting = { at: this.monotonic() + Math.max(0, milliseconds), callback };
    this.#waiting.add(entry);
    this.#arm(entry);
    return {
      cancel: () => {
        this.#waiting.delete(entry);
        clearTimeout(entry.handle);
      },
    };
  }

  /** Moves forward by so many milliseconds; what comes due is run at once, in order. */
  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
    for (const entry of [...this.#waiting].toSorted((a, b) => a.at - b.at)) {
      if (!this.#waiting.has(entry)) continue;
      clearTimeout(entry.handle);
      if (entry.at <= this.monotonic()) this.#run(entry);
      else this.#arm(entry);
    }
  }

  #arm(entry: Waiting): void {
    const left = (entry.at - this.monotonic()) / this.#speed;
    entry.handle = setTimeout(
      () => {
        if (entry.at <= this.monotonic()) this.#run(entry);
        else this.#arm(entry);
      },
      Math.min(Math.max(0, left), 2_147_483_647),
    );
    entry.handle.unref();
  }

  #run(entry: Waiting): void {
    this.#waiting.delete(entry);
    entry.callback();
  }
}
