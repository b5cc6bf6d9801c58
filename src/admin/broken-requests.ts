/**
 * What Node answers by itself, because no request came of it: told in the one shape of our errors, and the connection ends. Never writes
 * into an answer that is under way.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorCode } from '../shared/errors.ts';
import { type ErrorBody, HttpError } from './errors.ts';

const REASONS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers of the request are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'The request is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not come completely in time.'],
};
const MALFORMED = ['400 Bad Request', 'This is no well-formed HTTP request.'] as const;

/** Has to be called before the server listens. */
export function answerBrokenRequests(server: Server): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    answers.set(socket, response);
  });
  server.on('clientError', (error: Error, socket: Duplex) => {
    const answer = answers.get(socket);
    const underWay = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (!socket.writable || underWay || errorCode(error) === 'ECONNRESET') {
      socket.destroy(error);
      return;
    }
    const [status, message] = REASONS[errorCode(error) ?? ''] ?? MALFORMED;
    socket.end(rawAnswer(status, { code: 'bad-request', message }), () => socket.destroy());
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body: ErrorBody = { code: 'bad-request', message: 'No expectation but 100-continue is met.' };
    const text = JSON.stringify(body);
    response.writeHead(417, { ...HEADERS, 'Content-Length': Buffer.byteLength(text) }).end(text);
  });
}

const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
} as const;

function rawAnswer(status: string, body: ErrorBody): string {
  const text = JSON.stringify(body);
  const lines = Object.entries({ ...HEADERS, 'Content-Length': String(Buffer.byteLength(text)) });
  return `HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${text}`;
}

/**
 * RFC 9112 section 3.2: one name, so that a proxy in front and we go by the same. Health checks over HTTP/1.0 have none. Throws HttpError 400.
 */
export function requireHost({
  httpVersion,
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'httpVersion' | 'headers' | 'rawHeaders'>): void {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw new HttpError(400, 'bad-request', 'The header Host is given more than once.');
  if (headers.host !== undefined || httpVersion === '1.0') return;
  throw new HttpError(400, 'bad-request', 'The header Host is missing.');
}
