/** An authorization server over https that does as it is told: keeps the forms that it was sent, and answers what a test says. */

import { type IncomingHttpHeaders, request as requestInClear, type ServerResponse } from 'node:http';
import { createServer, request as requestOverTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type HttpAnswer, type HttpClient, HttpFailure } from '../../src/shared/http.ts';
import { makeAuthority } from './certificates.ts';

export interface TokenRequestSeen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

/** An object is sent as JSON, a text as HTML; a function has the response to itself. */
export interface TokenAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
}
export type TokenReaction = TokenAnswer | ((response: ServerResponse, seen: TokenRequestSeen) => void);

export interface TokenServer {
  /** Such as https://127.0.0.1:12345, without a slash at the end. */
  readonly url: string;
  /** Trusts this server's certificate and nothing else. */
  readonly http: HttpClient;
  readonly seen: TokenRequestSeen[];
  /** The form of the last request. */
  form(): Record<string, string>;
  /** From now on. */
  react(reaction: TokenReaction): void;
  close(): Promise<void>;
}

export async function startTokenServer(): Promise<TokenServer> {
  const authority = await makeAuthority();
  const { chain, key } = await authority.issue();
  const seen: TokenRequestSeen[] = [];
  let reaction: TokenReaction = { body: { access_token: 'access', expires_in: 3600 } };
  const server = createServer({ cert: chain, key }, (incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on('error', () => undefined);
    response.on('error', () => undefined);
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(pieces).toString());
      const one = { path: incoming.url ?? '', headers: incoming.headers, form };
      seen.push(one);
      if (typeof reaction === 'function') return reaction(response, one);
      const { status = 200, headers, body = '' } = reaction;
      const type = typeof body === 'string' ? 'text/html' : 'application/json';
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    http: clientThatTrusts(authority.certificate),
    seen,
    form: () => Object.fromEntries(seen.at(-1)?.form ?? []),
    react(next) {
      reaction = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What HttpClient promises, over node:https and node:http. */
export function clientThatTrusts(ca?: string): HttpClient {
  return {
    send: (asked) =>
      new Promise<HttpAnswer>((resolve, reject) => {
        const deadline = AbortSignal.timeout(asked.timeout);
        const signal = AbortSignal.any([deadline, ...(asked.signal ? [asked.signal] : [])]);
        const fail = (error: unknown): void => {
          const given = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
          const code = asked.signal?.aborted ? 'ABORTED' : deadline.aborted ? 'ETIMEDOUT' : given;
          reject(new HttpFailure(code, `failed (${code})`, true, error));
        };
        const options = { method: asked.method, headers: { ...asked.headers }, ca, signal, agent: false };
        const request = asked.url.startsWith('http:') ? requestInClear : requestOverTls;
        const outgoing = request(asked.url, options, (incoming) => {
          const pieces: Buffer[] = [];
          let size = 0;
          incoming.on('error', fail);
          incoming.on('data', (piece: Buffer) => {
            size += piece.length;
            if (size <= (asked.maxAnswer ?? 1_048_576)) pieces.push(piece);
            else {
              reject(new HttpFailure('ETOOLARGE', 'answered with more than is read', true));
              outgoing.destroy();
            }
          });
          incoming.on('end', () => {
            const headers: Record<string, string> = {};
            for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
            resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(pieces) });
          });
        });
        outgoing.on('error', fail);
        outgoing.end(typeof asked.body === 'string' ? asked.body : undefined);
      }),
  };
}
