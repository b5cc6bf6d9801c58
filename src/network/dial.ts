import { connect, type LookupFunction, type Socket } from 'node:net';

/** Opens a TCP connection; rejects with the error of Node (`ENOTFOUND`, `ECONNREFUSED`, …) or when `signal` aborts. */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Socket>;

/**
 * Dials with the system's resolver, or with `lookup`. A host with several addresses is tried address by address, IPv6 and
 * IPv4 in turn (RFC 8305).
 */
export function createDial(lookup?: LookupFunction): Dial {
  return (host, port, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = connect({
        host,
        port,
        noDelay: true,
        autoSelectFamily: true,
        ...(lookup ? { lookup } : {}),
      });
      const end = (): void => {
        signal.removeEventListener('abort', abort);
        socket.off('connect', connected);
        socket.off('error', failed);
      };
      const abort = (): void => {
        end();
        socket.on('error', () => undefined);
        socket.destroy();
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const connected = (): void => {
        end();
        resolve(socket);
      };
      const failed = (error: Error): void => {
        end();
        reject(firstOf(error));
      };
      signal.addEventListener('abort', abort);
      socket.on('connect', connected);
      socket.on('error', failed);
    });
}

/** Several addresses that all failed come as an AggregateError; the first says enough. */
function firstOf(error: Error): Error {
  if (error instanceof AggregateError) {
    const first: unknown = error.errors[0];
    if (first instanceof Error) return first;
  }
  return error;
}
