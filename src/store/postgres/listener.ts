import { Client } from 'pg';
import type { Clock, Timer } from '../../shared/clock.ts';
import { errorText } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { connectionOptions } from './pool.ts';

/** Milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
const HEARTBEAT = 20_000;

export interface Listener {
  /** Resolves once the server has confirmed that we listen. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  readonly database: string;
  readonly channels: readonly string[];
  readonly log: Log;
  readonly clock: Clock;
  onNotification(channel: string, payload: string): void;
  /** The connection was lost and is back: what was said meanwhile was not heard. */
  onReturn(): void;
}

/**
 * Hears NOTIFY on a connection of its own, which it makes again for as long as it takes, and which it tests from time to
 * time because a dead network says nothing.
 */
export function createListener({
  database,
  channels,
  log,
  clock,
  onNotification,
  onReturn,
}: Options): Listener {
  let client: Client | undefined;
  let timer: Timer | undefined;
  let stopped = false;
  let pause = FIRST_PAUSE;
  let wasLost = false;

  async function connect(): Promise<void> {
    const fresh = new Client(connectionOptions(database));
    client = fresh;
    fresh.on('notification', ({ channel, payload }) => onNotification(channel, payload ?? ''));
    fresh.on('error', (error) => lost(fresh, error));
    fresh.on('end', () => lost(fresh, new Error('the connection was closed')));
    try {
      await fresh.connect();
      for (const channel of channels) await fresh.query(`listen ${fresh.escapeIdentifier(channel)}`);
    } catch (error) {
      lost(fresh, error);
      throw error;
    }
    pause = FIRST_PAUSE;
    schedule(HEARTBEAT, () => void heartbeat(fresh));
  }

  async function heartbeat(tested: Client): Promise<void> {
    try {
      await tested.query('select 1');
      if (tested === client) schedule(HEARTBEAT, () => void heartbeat(tested));
    } catch (error) {
      lost(tested, error);
    }
  }

  function lost(gone: Client, error: unknown): void {
    if (gone !== client || stopped) return;
    client = undefined;
    wasLost = true;
    gone.end().catch(() => undefined);
    log.warn(`word from other nodes is not heard at this moment: ${errorText(error)}`);
    schedule(pause, () => void again());
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  async function again(): Promise<void> {
    try {
      await connect();
    } catch {
      // `lost` has logged it and set the next try.
      return;
    }
    if (wasLost) onReturn();
    wasLost = false;
  }

  function schedule(after: number, action: () => void): void {
    timer?.cancel();
    if (!stopped) timer = clock.after(after, action);
  }

  return {
    start: connect,
    async stop() {
      stopped = true;
      timer?.cancel();
      await client?.end().catch(() => undefined);
    },
  };
}
