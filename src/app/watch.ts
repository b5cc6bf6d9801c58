import { createEventHub, type EventHub } from '../admin/events.ts';
import { createDeviceBook, type DeviceBook } from '../inbound/device-book.ts';
import type { MessageRecord } from '../queue/message.ts';
import { createTraffic, type Traffic } from '../queue/traffic.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open-store.ts';

/** What looks on while mail goes through: counts of the traffic, who sends, and word of it for pages that are open. */
export interface Watch {
  readonly traffic: Traffic;
  readonly devices: DeviceBook;
  readonly events: EventHub;
  /** A message was accepted. These three cost a few additions each. */
  onAccepted(record: MessageRecord): void;
  /** Calls back with every message that was accepted here; returns the way to stop that. */
  onAccept(callback: (record: MessageRecord) => void): () => void;
  /** After an attempt: the message as it is now. */
  onAttempt(record: MessageRecord): void;
  /** A transaction was refused. */
  onRefused(): void;
  /** Writes what is counted; the store has to be open until then. */
  close(): Promise<void>;
}

/** Joins traffic, devices and events. */
export function createWatch(deps: {
  readonly store: Pick<Store, 'traffic' | 'devices'>;
  /** Others change things too, of which nobody tells here. */
  readonly severalNodes: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}): Watch {
  const { store, clock, log, severalNodes } = deps;
  const events = createEventHub({ clock, severalNodes });
  const traffic = createTraffic({ storage: store.traffic, clock, log });
  const devices = createDeviceBook({
    storage: store.devices,
    clock,
    log,
    onWritten: () => events.publish('devices'),
  });
  const lookers = new Set<(record: MessageRecord) => void>();
  return {
    traffic,
    devices,
    events,
    onAccepted(record) {
      traffic.onAccepted();
      devices.note(record);
      events.publish('messages');
      for (const looker of lookers) looker(record);
    },
    onAccept(callback) {
      lookers.add(callback);
      return () => lookers.delete(callback);
    },
    onAttempt(record) {
      traffic.onAttempt(record);
      events.publish('messages');
    },
    onRefused: traffic.onRefused,
    async close() {
      events.close();
      await Promise.all([traffic.stop(), devices.stop()]);
    },
  };
}
