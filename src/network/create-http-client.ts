import type { Socket } from 'node:net';
import type { Client } from 'undici';
import { goesInClear } from '../settings/addresses.ts';
import type { Clock } from '../shared/clock.ts';
import { errorCode } from '../shared/errors.ts';
import { type HttpAnswer, type HttpClient, HttpFailure, type HttpRequest } from '../shared/http.ts';
import { type UrlServer, urlServer } from '../shared/url-server.ts';
import type { Dial } from './dial.ts';
import { exchange } from './exchange.ts';
import { failureOf } from './failure-words.ts';
import type { HttpConnections } from './http-connections.ts';
import type { Secure } from './secure-socket.ts';

const CONNECT_TIMEOUT = 30_000;
const MAX_ANSWER = 1024 * 1024;

export interface HttpClientDeps {
  readonly dial: Dial;
  readonly secure: Secure;
  readonly connections: HttpConnections;
  readonly clock: Clock;
  /** Aborts when nothing is waited for any more. */
  readonly closing: AbortSignal;
}

/** Asks servers, each request on a connection of its own while it lasts. */
export function createHttpClient(deps: HttpClientDeps): HttpClient {
  return {
    async send(request) {
      const target = targetOf(request.url);
      const limits = limitsOf(request, deps);
      try {
        return await sendOnce(deps, target, request, limits);
      } finally {
        limits.end();
      }
    },
  };
}

interface Target extends UrlServer {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
}

/** An address is never shown: it may hold what only the two ends shall know. */
function targetOf(address: string): Target {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new HttpFailure('EREQUEST', 'is not asked: its address does not begin with https://', false);
  }
  const server = urlServer(url);
  if (goesInClear(url)) {
    const text = 'is not asked over http://, where anybody on the way could read along; write https://';
    throw new HttpFailure('EREQUEST', text, false);
  }
  return { ...server, origin: url.origin, path: url.pathname + url.search };
}

interface Limits {
  /** Aborts with the failure to tell when the caller leaves or the time is over. */
  readonly signal: AbortSignal;
  /** The same, and when there is no connection in time; call `connected` when there is. */
  connecting(): { readonly signal: AbortSignal; connected(): void };
  end(): void;
}

function limitsOf(
  { signal, timeout, connectTimeout = CONNECT_TIMEOUT }: HttpRequest,
  { clock, closing }: Pick<HttpClientDeps, 'clock' | 'closing'>,
): Limits {
  const whole = new AbortController();
  const left = (): void => whole.abort(new HttpFailure('ABORTED', 'was not waited for any longer', false));
  const leaving = signal === undefined ? [closing] : [closing, signal];
  for (const each of leaving) each.addEventListener('abort', left);
  if (leaving.some(({ aborted }) => aborted)) left();
  const timer = clock.after(timeout, () => whole.abort(late('did not answer', timeout)));
  return {
    signal: whole.signal,
    connecting() {
      const connect = new AbortController();
      const soon = clock.after(connectTimeout, () =>
        connect.abort(late('gave no connection', connectTimeout)),
      );
      return { signal: AbortSignal.any([whole.signal, connect.signal]), connected: () => soon.cancel() };
    },
    end() {
      timer.cancel();
      for (const each of leaving) each.removeEventListener('abort', left);
    },
  };
}

function late(what: string, milliseconds: number): HttpFailure {
  return new HttpFailure('ETIMEDOUT', `${what} within ${milliseconds / 1000} s`, false);
}

async function sendOnce(
  deps: HttpClientDeps,
  target: Target,
  request: HttpRequest,
  limits: Limits,
): Promise<HttpAnswer> {
  limits.signal.throwIfAborted();
  for (;;) {
    const warm = deps.connections.take(target.origin);
    const client = warm ?? (await connected(deps, target, limits));
    let stage: 'connected' | 'asking' | 'answering' = 'connected';
    try {
      const answer = await exchange(client, {
        request,
        path: target.path,
        maxAnswer: request.maxAnswer ?? MAX_ANSWER,
        signal: limits.signal,
        progress: (now) => {
          stage = now;
        },
      });
      deps.connections.giveBack(target.origin, client);
      return answer;
    } catch (error) {
      client.destroy().catch(() => undefined);
      // Each round uses up one warm connection.
      if (warm !== undefined && !limits.signal.aborted && mayRepeat(request, stage, error)) continue;
      throw error;
    }
  }
}

/**
 * A server may close a warm connection at the very moment in which it is used. Nothing was asked then, or nothing but a
 * question that changes nothing (RFC 9110 section 9.2.2).
 */
function mayRepeat(
  { method }: HttpRequest,
  stage: 'connected' | 'asking' | 'answering',
  error: unknown,
): boolean {
  if (stage === 'connected') return true;
  return stage === 'asking' && method === 'GET' && /^(ECONNRESET|EPIPE)$/.test(errorCode(error) ?? '');
}

async function connected(deps: HttpClientDeps, target: Target, limits: Limits): Promise<Client> {
  const { signal, connected: done } = limits.connecting();
  try {
    const socket: Socket = await deps.dial(target.host, target.port, signal);
    const ready = target.encrypted ? await deps.secure(socket, target.host, signal) : socket;
    return deps.connections.adopt(target.origin, ready);
  } catch (error) {
    throw failureOf(signal.aborted ? signal.reason : error, false);
  } finally {
    done();
  }
}
