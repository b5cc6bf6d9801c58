import type { Clock, Timer } from '../../../shared/clock.ts';
import type { UpstreamConnection } from './connection.ts';

/** The warm connections of one upstream. How many are in use at once is the governor's business. */
export interface ConnectionPool {
  /** The connection that was used last and on which this mailbox is signed in (undefined: the upstream's own account), or none. */
  take(mailbox?: string): UpstreamConnection | undefined;
  /** Counts a connection that was just opened. */
  add(connection: UpstreamConnection): void;
  /**
   * Keeps the connection for the next message where it is fit for one, or says goodbye (always, with `retire`). A promise when that takes
   * time.
   */
  put(connection: UpstreamConnection, retire: boolean): Promise<void> | void;
  /** Says goodbye to what is idle. */
  shrink(): Promise<void>;
  /** Says goodbye to those that have been idle for longest, so that one more makes no more than `most`. */
  makeRoom(most: number): Promise<void>;
  /** Open ones, idle or in use. */
  size(): number;
}

export interface PoolLimits {
  /** Milliseconds. */
  readonly idle: number;
  readonly messagesPerConnection: number;
  /** Longest wait for the reply to QUIT or RSET, ms. */
  readonly patience: number;
}

export function createConnectionPool(limits: PoolLimits, clock: Clock): ConnectionPool {
  const open = new Set<UpstreamConnection>();
  /** Oldest first: taken from the end, so that those at the front grow old and go. */
  const idle: { readonly connection: UpstreamConnection; readonly since: number }[] = [];
  let timer: Timer | undefined;

  function forget(connection: UpstreamConnection): void {
    open.delete(connection);
    const index = idle.findIndex((entry) => entry.connection === connection);
    if (index !== -1) idle.splice(index, 1);
  }

  async function leave(connection: UpstreamConnection): Promise<void> {
    await connection.leave(limits.patience);
    forget(connection);
  }

  function sweep(): void {
    timer = undefined;
    const before = clock.monotonic() - limits.idle;
    while (idle[0] && idle[0].since <= before) {
      const entry = idle.shift();
      if (entry) void leave(entry.connection);
    }
    arm();
  }

  function arm(): void {
    const first = idle[0];
    if (timer || !first) return;
    timer = clock.after(Math.max(1, first.since + limits.idle - clock.monotonic()), sweep);
  }

  function keep(connection: UpstreamConnection): void {
    if (!connection.clean) {
      connection.giveUp('was out of step');
      return;
    }
    idle.push({ connection, since: clock.monotonic() });
    arm();
  }

  return {
    take(mailbox) {
      for (let index = idle.length - 1; index >= 0; index -= 1) {
        const connection = idle[index]?.connection;
        if (connection === undefined || connection.mailbox !== mailbox) continue;
        idle.splice(index, 1);
        if (connection.clean) return connection;
        // Something was said behind our back: the replies would be out of step.
        connection.giveUp('was out of step');
      }
      return undefined;
    },
    add(connection) {
      open.add(connection);
      connection.onLost = () => forget(connection);
      if (connection.lost) forget(connection);
    },
    put(connection, retire) {
      if (connection.lost) return forget(connection);
      if (retire || connection.used >= limits.messagesPerConnection) return leave(connection);
      return keep(connection);
    },
    async shrink() {
      await Promise.all(idle.splice(0).map((entry) => leave(entry.connection)));
      timer?.cancel();
      timer = undefined;
    },
    async makeRoom(most) {
      const surplus = Math.max(0, open.size + 1 - most);
      await Promise.all(idle.splice(0, surplus).map((entry) => leave(entry.connection)));
    },
    size: () => open.size,
  };
}
