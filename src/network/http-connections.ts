import type { Socket } from 'node:net';
import { Client } from 'undici';

/** Connections kept warm for one server, and in all. */
const MOST_IDLE_HERE = 4;
const MOST_IDLE = 32;
/** Servers that do not say how long they keep a connection: shorter than the 5 s that many have. */
const IDLE = 4000;
/** However long the server says, ms. */
const LONGEST_IDLE = 30_000;

/** Connections that wait for their next request, each with one server and used by one request at a time. */
export interface HttpConnections {
  /** A warm connection to this origin, taken out. */
  take(origin: string): Client | undefined;
  /** Wraps a connection that was just made. */
  adopt(origin: string, socket: Socket): Client;
  /** Back after use, for the next one. */
  giveBack(origin: string, client: Client): void;
  /** Closes what is idle; what is in use closes when it comes back. */
  clear(): void;
}

/** A connection that died while idle leaves by itself. */
export function createHttpConnections(): HttpConnections {
  const idle = new Map<Client, string>();
  let generation = {};
  const madeIn = new WeakMap<Client, object>();

  const drop = (client: Client): void => {
    idle.delete(client);
    client.destroy().catch(() => undefined);
  };

  return {
    take(origin) {
      for (const [client, at] of idle) {
        if (at !== origin) continue;
        idle.delete(client);
        if (!client.destroyed) return client;
      }
      return undefined;
    },
    adopt(origin, socket) {
      let unused: Socket | undefined = socket;
      socket.on('error', () => undefined);
      const client = new Client(origin, {
        // One connection for its whole life: a second one would be dialled behind the back of timeouts and proxies.
        connect(_options, callback) {
          const given = unused;
          unused = undefined;
          // The client takes no answer while it is still asking.
          queueMicrotask(() => (given === undefined ? callback(gone(), null) : callback(null, given)));
        },
        pipelining: 1,
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: IDLE,
        keepAliveMaxTimeout: LONGEST_IDLE,
      });
      madeIn.set(client, generation);
      client.on('disconnect', () => {
        madeIn.delete(client);
        if (idle.has(client)) drop(client);
      });
      return client;
    },
    giveBack(origin, client) {
      const here = [...idle.values()].filter((at) => at === origin).length;
      const keep = madeIn.get(client) === generation && here < MOST_IDLE_HERE && idle.size < MOST_IDLE;
      if (keep && !client.destroyed) idle.set(client, origin);
      else drop(client);
    },
    clear() {
      generation = {};
      for (const client of idle.keys()) drop(client);
    },
  };
}

function gone(): Error {
  return Object.assign(new Error('the connection is gone'), { code: 'ECONNRESET' });
}
