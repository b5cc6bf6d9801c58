/*
 * What a mailbox has used of its limits (“Exchange Online limits”, “Microsoft Graph throttling limits”, “Gmail sending limits in
 * Google Workspace”).
 */
import type { Clock } from '../shared/clock.ts';
import { BoundedMap } from './bounded-map.ts';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export interface MailboxUsage {
  /** SMTP connections that are signed in. */
  connections: number;
  /** API requests under way. */
  requests: number;
  readonly messagesInMinute: SlidingWindow;
  readonly recipientsInDay: SlidingWindow;
  readonly messagesInDay: SlidingWindow;
  readonly requestsInTenMinutes: SlidingWindow;
  readonly bytesInFiveMinutes: SlidingWindow;
}

/** By address, whatever its case. */
export type Usage = (mailbox: string) => MailboxUsage;

/** Nothing is used at first. */
export function createUsage(clock: Clock): Usage {
  const all = new BoundedMap<string, MailboxUsage>(1000);
  return (mailbox) => {
    const key = mailbox.toLowerCase();
    const known = all.get(key);
    if (known !== undefined) return known;
    const made: MailboxUsage = {
      connections: 0,
      requests: 0,
      messagesInMinute: createSlidingWindow(clock, MINUTE),
      recipientsInDay: createSlidingWindow(clock, DAY),
      messagesInDay: createSlidingWindow(clock, DAY),
      requestsInTenMinutes: createSlidingWindow(clock, 10 * MINUTE),
      bytesInFiveMinutes: createSlidingWindow(clock, 5 * MINUTE),
    };
    all.set(key, made);
    return made;
  };
}
