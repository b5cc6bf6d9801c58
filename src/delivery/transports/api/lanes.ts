import type { Clock } from '../../../shared/clock.ts';
import { createGate, type Gate } from './gate.ts';
import { createRequestWindow, type RequestWindow } from './request-window.ts';

/** What an API lets one application do with one mailbox. */
export interface ApiLimits {
  readonly atOnce: number;
  /** Within `length` ms. */
  readonly requests?: { readonly most: number; readonly length: number };
  readonly bytes?: { readonly most: number; readonly length: number };
}

/** The way to one mailbox. */
export interface Lane {
  readonly gate: Gate;
  /** Milliseconds until a request with a body of so many bytes may go; 0 for now. */
  wait(bytes: number): number;
  take(bytes: number): void;
}

interface KeptLane extends Lane {
  /** Nobody is in it and nothing has to be remembered. */
  idle(): boolean;
}

/** Lanes are cleared of idle ones when there are so many; more than these are alive only while they are used. */
const MANY = 1000;

/** The lanes of one upstream: limits hold for each mailbox on its own. */
export function createLanes(
  limits: ApiLimits,
  clock: Clock,
): { of(mailbox: string): Lane; inside(): number } {
  const lanes = new Map<string, KeptLane>();
  /** Looked through when there are so many: not with each of the senders that a device makes up. */
  let many = MANY;

  function forgetIdle(): void {
    for (const [name, lane] of lanes) if (lane.idle()) lanes.delete(name);
    many = Math.max(MANY, 2 * lanes.size);
  }

  return {
    of(mailbox) {
      const known = lanes.get(mailbox);
      if (known) return known;
      if (lanes.size >= many) forgetIdle();
      const lane = createLane(limits, clock);
      lanes.set(mailbox, lane);
      return lane;
    },
    inside: () => [...lanes.values()].reduce((sum, lane) => sum + lane.gate.inside(), 0),
  };
}

function createLane({ atOnce, requests, bytes }: ApiLimits, clock: Clock): KeptLane {
  const gate = createGate(atOnce);
  const windows: { readonly window: RequestWindow; readonly amount: (bytes: number) => number }[] = [];
  if (requests) {
    windows.push({ window: createRequestWindow(requests.most, requests.length), amount: () => 1 });
  }
  if (bytes) {
    windows.push({ window: createRequestWindow(bytes.most, bytes.length), amount: (count) => count });
  }
  return {
    gate,
    wait: (count) =>
      Math.max(0, ...windows.map(({ window, amount }) => window.wait(clock.monotonic(), amount(count)))),
    take(count) {
      for (const { window, amount } of windows) window.take(clock.monotonic(), amount(count));
    },
    idle: () => gate.idle() && windows.every(({ window }) => window.empty(clock.monotonic())),
  };
}
