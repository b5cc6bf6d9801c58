import { isIP } from 'node:net';

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** `127.0.0.1:8025`, `[::1]:8025`, `localhost:8025`; `undefined` when it is none. Port 0 lets the system choose. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.trim());
  if (!match) return undefined;
  const [, bracketed, bare, digits] = match;
  const address = bare?.toLowerCase() === 'localhost' ? '127.0.0.1' : (bracketed ?? bare ?? '');
  const port = Number(digits);
  if (isIP(address) !== (bracketed === undefined ? 4 : 6) || port > 65_535) return undefined;
  return { address, port };
}
