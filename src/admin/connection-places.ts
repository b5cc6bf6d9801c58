/**
 * Shares out the connections of the admin, so that one machine alone cannot keep everybody else away from it: neither the administrators
 * nor the probes of a platform, which would take Postern for dead and stop it, mail and all.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { networkOf } from '../shared/network-of.ts';

/** Connections at once, in all. */
const MOST = 600;
/** Of one address (of one network of 64 bits in IPv6): a page takes six, and a hundred callers may wait for mail. */
const MOST_OF_ONE = 150;
/** Milliseconds between two words in the log. */
const QUIET = 60_000;

/** Has to be called before the server listens. `unlimited`: proxies of ours, behind which everybody has one address. */
export function shareConnections(
  server: Pick<Server, 'on' | 'maxConnections'>,
  deps: { readonly unlimited: (address: string) => boolean; readonly clock: Clock; readonly log: Log },
): void {
  const { unlimited, clock, log } = deps;
  const held = new Map<string, number>();
  let quietUntil = Number.NEGATIVE_INFINITY;
  server.maxConnections = MOST;
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address = '' } = socket;
    if (unlimited(address)) return;
    const network = networkOf(address);
    const count = (held.get(network) ?? 0) + 1;
    if (count > MOST_OF_ONE) {
      socket.destroy();
      if (clock.monotonic() < quietUntil) return;
      quietUntil = clock.monotonic() + QUIET;
      log.warn({ address, connections: MOST_OF_ONE }, 'An address wants too many connections to the admin');
      return;
    }
    held.set(network, count);
    socket.once('close', () => {
      const left = (held.get(network) ?? 1) - 1;
      if (left > 0) held.set(network, left);
      else held.delete(network);
    });
  });
}
