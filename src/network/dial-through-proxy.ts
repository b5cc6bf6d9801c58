import type { Socket } from 'node:net';
import type { ProxySettings } from '../settings/schema-outside.ts';
import type { SettingsSource } from '../settings/source.ts';
import { errorCode, RelayError } from '../shared/errors.ts';
import { HttpFailure } from '../shared/http.ts';
import { urlServer } from '../shared/url-server.ts';
import type { Dial } from './dial.ts';
import { wordsFor } from './failure-words.ts';
import type { Secure } from './secure-socket.ts';
import { openTunnel } from './tunnel.ts';

export interface ProxyDialDeps {
  /** Reaches the proxy itself. */
  readonly direct: Dial;
  readonly secure: Secure;
  readonly reveal: SettingsSource['reveal'];
}

/**
 * A connection to a host through the proxy, which resolves the name. The password is read anew each time. Rejects with
 * HttpFailure `EPROXY`, `EPROXYAUTH`, or with the reason of `signal`.
 */
export async function dialThroughProxy(
  deps: ProxyDialDeps,
  proxy: ProxySettings,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const shown = proxyName(proxy);
  const credentials = await credentialsOf(deps, proxy, shown);
  signal.throwIfAborted();
  const socket = await reached(deps, proxy, shown, signal);
  const request = { host, port, proxy: shown, ...(credentials === undefined ? {} : { credentials }) };
  await openTunnel(socket, request, signal);
  return socket;
}

/** The proxy as it may be shown: without a path, a user or a password. */
export function proxyName({ url }: Pick<ProxySettings, 'url'>): string {
  return new URL(url).origin;
}

async function credentialsOf(
  { reveal }: ProxyDialDeps,
  { user, password }: ProxySettings,
  shown: string,
): Promise<string | undefined> {
  if (user === undefined) return undefined;
  try {
    const word = password === undefined ? '' : (await reveal(password)).reveal();
    return Buffer.from(`${user}:${word}`).toString('base64');
  } catch (error) {
    const why = error instanceof RelayError ? error.publicMessage : 'its source failed';
    const text = `cannot be reached: the password of the proxy ${shown} cannot be read (${why}); check proxy.password`;
    throw new HttpFailure('EPROXYAUTH', text, false);
  }
}

async function reached(
  { direct, secure }: ProxyDialDeps,
  proxy: ProxySettings,
  shown: string,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, encrypted } = urlServer(new URL(proxy.url));
  try {
    const socket = await direct(host, port, signal);
    return encrypted ? await secure(socket, host, signal) : socket;
  } catch (error) {
    if (signal.aborted) throw error;
    const words = error instanceof HttpFailure ? error.message : wordsFor(errorCode(error) ?? 'EUNKNOWN');
    throw new HttpFailure('EPROXY', `cannot be reached: the proxy ${shown} ${words}`, false, error);
  }
}
