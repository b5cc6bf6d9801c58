/** A small API server on this machine: answers by a script and keeps what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

/** `reset`: the connection is torn down; a function has the response to itself. */
export type ApiReaction = ApiAnswer | 'reset' | ((response: ServerResponse) => void);

export interface ApiServer {
  readonly url: string;
  readonly requests: ApiRequest[];
  /** Requests that are being answered, and the most that ever were at once. */
  readonly atOnce: { now: number; most: number };
  close(): Promise<void>;
}

export async function startApiServer(
  react: (request: ApiRequest, count: number) => ApiReaction | Promise<ApiReaction>,
  options: {
    readonly keepBodies?: boolean /** Answered as soon as the header is there. */;
    readonly early?: ApiAnswer;
  } = {},
): Promise<ApiServer> {
  const requests: ApiRequest[] = [];
  const atOnce = { now: 0, most: 0 };
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    atOnce.now += 1;
    atOnce.most = Math.max(atOnce.most, atOnce.now);
    response.on('close', () => {
      atOnce.now -= 1;
    });
    incoming.on('error', () => undefined);
    if (options.early) {
      write(options.early, response);
      incoming.resume();
      return;
    }
    incoming.on('data', (piece: Buffer) => {
      if (options.keepBodies !== false) pieces.push(piece);
    });
    incoming.on('end', () => {
      const request: ApiRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(pieces),
      };
      requests.push(request);
      void answer(request, requests.length, response);
    });
  });

  async function answer(request: ApiRequest, count: number, response: ServerResponse): Promise<void> {
    const reaction = await react(request, count);
    if (reaction === 'reset') response.destroy();
    else if (typeof reaction === 'function') reaction(response);
    else write(reaction, response);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    atOnce,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function write(answer: ApiAnswer, response: ServerResponse): void {
  const json = typeof answer.body === 'object';
  const text = typeof answer.body === 'string' ? answer.body : json ? JSON.stringify(answer.body) : '';
  const type = json ? 'application/json' : 'text/html';
  response.writeHead(answer.status, { 'content-type': type, ...answer.headers }).end(text);
}
