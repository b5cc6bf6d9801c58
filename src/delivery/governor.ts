import type { Clock } from '../shared/clock.ts';
import { createConnectionSlots } from './connection-slots.ts';
import type { DailyUsage } from './daily-usage.ts';
import { createMessageRate, type MessageRate } from './message-rate.ts';
import { createMinuteWindow, type MinuteWindow } from './minute-window.ts';
import { createThroughput } from './throughput.ts';
import type { Wait } from './upstreams.ts';

/** The limits of one upstream's settings. */
export interface GovernorLimits {
  readonly connections: number;
  readonly messagesPerMinute?: number | undefined;
  readonly recipientsPerDay?: number | undefined;
  readonly recipientsPerMessage: number;
}

/** Keeps an upstream within its limits, this node with its share of them. */
export interface Governor {
  /** Why a message may not go now, or undefined. */
  obstacle(recipients: number): Wait | undefined;
  /** Takes a slot, and the message off the limits. */
  take(recipients: number): void;
  /** Gives the slot back; `handedOver` of the recipients that were taken count for the day. */
  giveBack(recipients: number, handedOver: number): void;
  /** Too many connections at once for the upstream; `retryAfter` (ms) where it said how long to wait. */
  crowded(retryAfter?: number): void;
  /** The limits changed in the settings. */
  setLimits(limits: GovernorLimits): void;
  inUse(): number;
  /** When the last of so many messages will leave, and what holds them up; undefined when nothing tells yet. */
  forecast(messages: number): Forecast | undefined;
}

export interface Forecast {
  /** Milliseconds from now. */
  readonly wait: number;
  readonly limitedBy: 'messagesPerMinute' | 'recipientsPerDay' | 'speed';
}

/** A wait until the store has said how much of the day’s limit is used, ms. */
const UNTIL_LOADED = 1000;
const DAY = 24 * 3_600_000;

export function createGovernor(
  initial: GovernorLimits,
  usage: DailyUsage,
  liveNodes: () => number,
  clock: Clock,
): Governor {
  let limits = initial;
  let nodes = 1;
  let rate: MessageRate | undefined;
  let minute: MinuteWindow | undefined;
  /** This node's share, for which these two are. */
  let perMinute: number | undefined;
  /** Recipients of attempts that are under way. */
  let reserved = 0;
  const slots = createConnectionSlots(limits.connections);
  const throughput = createThroughput();
  divide(true);

  /** Every node keeps to its share; what one does not use is lost to the others until it leaves. */
  function divide(force: boolean): void {
    const live = Math.max(1, liveNodes());
    if (!force && live === nodes) return;
    nodes = live;
    slots.setLimit(Math.floor(limits.connections / nodes));
    const share = limits.messagesPerMinute === undefined ? undefined : limits.messagesPerMinute / nodes;
    // What was sent within the last minute counts on, whatever else has changed.
    if (share === perMinute) return;
    perMinute = share;
    rate = share === undefined ? undefined : createMessageRate(share);
    minute = share === undefined ? undefined : createMinuteWindow(share);
  }

  /** A message with very many recipients goes in several transactions, and each is one message to the upstream. */
  const transactions = (recipients: number): number =>
    Math.max(1, Math.ceil(recipients / limits.recipientsPerMessage));

  function dayIsUsedUp(recipients: number): Wait | undefined {
    const { recipientsPerDay } = limits;
    if (recipientsPerDay === undefined) return undefined;
    if (!usage.loaded()) return { wait: UNTIL_LOADED, reason: 'rate' };
    const used = usage.total();
    const room = (recipientsPerDay - used) / nodes - reserved;
    // More recipients than a whole day allows would never go: they go when the day is unused.
    if (recipients <= room || (used + reserved === 0 && recipients > recipientsPerDay / nodes))
      return undefined;
    const fits = Math.floor(room);
    return { wait: usage.waitForRoom(), reason: 'quota', ...(fits > 0 ? { fits } : {}) };
  }

  /** Every message counted as one recipient; those beyond the room of today leave at the pace of the days. */
  function daysFor(messages: number): Forecast | undefined {
    const { recipientsPerDay } = limits;
    if (recipientsPerDay === undefined || !usage.loaded()) return undefined;
    const room = Math.max(0, recipientsPerDay - usage.total()) / nodes - reserved;
    if (messages <= room) return undefined;
    const days = (messages - Math.max(0, room)) / (recipientsPerDay / nodes);
    return { wait: usage.waitForRoom() + Math.floor(days) * DAY, limitedBy: 'recipientsPerDay' };
  }

  return {
    forecast(messages) {
      divide(false);
      const now = clock.monotonic();
      const speed = throughput.rate(now);
      const found: (Forecast | undefined)[] = [
        rate && { wait: rate.waitForLast(now, messages), limitedBy: 'messagesPerMinute' },
        speed === undefined ? undefined : { wait: Math.ceil(messages / speed), limitedBy: 'speed' },
        daysFor(messages),
      ];
      // A measured speed that a limit of ours made says nothing more than the limit.
      return found
        .filter((one) => one !== undefined && !(one.limitedBy === 'speed' && rate !== undefined))
        .reduce((slowest, one) => (one && one.wait > (slowest?.wait ?? -1) ? one : slowest), undefined);
    },
    obstacle(recipients) {
      divide(false);
      const now = clock.monotonic();
      const pause = slots.pause(now);
      if (pause > 0) return { wait: pause, reason: 'slots' };
      if (!slots.free(now)) return { wait: Number.POSITIVE_INFINITY, reason: 'slots' };
      const wait = Math.max(rate?.wait(now) ?? 0, minute?.wait(now) ?? 0);
      if (wait > 0) return { wait, reason: 'rate' };
      return dayIsUsedUp(recipients);
    },
    take(recipients) {
      slots.take();
      const messages = transactions(recipients);
      rate?.take(clock.monotonic(), messages);
      minute?.began(messages);
      reserved += recipients;
    },
    giveBack(recipients, handedOver) {
      slots.giveBack();
      minute?.ended(clock.monotonic(), transactions(recipients));
      reserved -= recipients;
      if (handedOver === 0) return;
      slots.worked();
      usage.add(handedOver);
      throughput.add(clock.monotonic());
    },
    crowded: (retryAfter) => slots.crowded(clock.monotonic(), retryAfter),
    setLimits(next) {
      limits = next;
      divide(true);
    },
    inUse: () => slots.inUse(),
  };
}
