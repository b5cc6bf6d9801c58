/*
 * Remembers who has sent, for the administrator who wants to know whether a device's mail comes in. Counted in memory and
 * handed to the storage every ten seconds, never while a client waits.
 */
import type { MessageRecord } from '../queue/message.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Device, DeviceStorage } from './devices.ts';

/** What a device is told from. */
export type SeenMessage = Pick<MessageRecord, 'id' | 'origin' | 'acceptedAt'> & {
  readonly envelope: Pick<MessageRecord['envelope'], 'sender'>;
};

export interface DeviceBook {
  /** A message was accepted. */
  note(message: SeenMessage): void;
  /** Latest first, with what is not written yet. */
  list(limit: number): Promise<readonly Device[]>;
  /** When any device sent last, ms since 1970, as far as it is written. */
  lastSeen(): Promise<number | undefined>;
  /** Hands over what is counted and stops; nothing is noted afterwards. */
  stop(): Promise<void>;
}

const FLUSH_EVERY = 10_000;
/** Devices that are remembered between two writes; more than are kept there cannot be. */
const MOST_DEVICES = 10_000;
const MAX_TEXT = 320;

/** Failures of the storage are logged and never thrown, but for `list`. */
export function createDeviceBook(deps: {
  readonly storage: DeviceStorage;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when something new can be read. */
  readonly onWritten?: () => void;
}): DeviceBook {
  const { storage, clock, log } = deps;
  let devices = new Map<string, Device>();
  let timer: Timer | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let stopped = false;

  async function flush(): Promise<void> {
    if (devices.size === 0) return;
    const batch = devices;
    devices = new Map();
    try {
      await storage.record([...batch.values()]);
      deps.onWritten?.();
    } catch (error) {
      // Lost but for the count they are told again by their next message.
      log.warn({ err: errorText(error), count: batch.size }, 'Devices could not be remembered');
    }
  }

  return {
    note(message) {
      const { origin } = message;
      // Mail that Postern itself made comes from no device.
      if (stopped || origin.address === '') return;
      const key = `${origin.address}\n${origin.client}`;
      const known = devices.get(key);
      if (known === undefined && devices.size >= MOST_DEVICES) return;
      devices.set(key, seen(message, known));
      timer ??= clock.after(FLUSH_EVERY, () => {
        timer = undefined;
        flushing = flushing.then(flush);
      });
    },
    async list(limit) {
      timer?.cancel();
      timer = undefined;
      flushing = flushing.then(flush);
      await flushing;
      return storage.list(limit);
    },
    lastSeen: async () => (await storage.list(1))[0]?.lastSeen,
    async stop() {
      stopped = true;
      timer?.cancel();
      await flushing.then(flush);
    },
  };
}

function seen({ id, origin, envelope, acceptedAt }: SeenMessage, known: Device | undefined): Device {
  return {
    address: origin.address.slice(0, MAX_TEXT),
    client: origin.client.slice(0, MAX_TEXT),
    listener: origin.listener.slice(0, MAX_TEXT),
    greeting: origin.greeting.slice(0, MAX_TEXT),
    ...(origin.user === undefined ? {} : { user: origin.user.slice(0, MAX_TEXT) }),
    ...(origin.tls === undefined ? {} : { tls: origin.tls.slice(0, MAX_TEXT) }),
    firstSeen: known?.firstSeen ?? acceptedAt,
    lastSeen: Math.max(known?.lastSeen ?? acceptedAt, acceptedAt),
    lastMessage: id,
    lastSender: envelope.sender.slice(0, MAX_TEXT),
    messages: (known?.messages ?? 0) + 1,
  };
}
