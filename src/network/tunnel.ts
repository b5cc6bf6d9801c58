import type { Socket } from 'node:net';
import { HttpFailure } from '../shared/http.ts';
import { shownText } from '../shared/shown-text.ts';

/** The longest answer to CONNECT that is read, in bytes, interim answers included. */
const LONGEST_ANSWER = 16 * 1024;
const END = Buffer.from('\r\n\r\n');
const LONGEST_WORDS = 100;

export interface TunnelRequest {
  readonly host: string;
  readonly port: number;
  /** `user:password` in base64 (RFC 7617). */
  readonly credentials?: string;
  /** The proxy, for sentences. */
  readonly proxy: string;
}

/**
 * Asks a proxy for a tunnel (CONNECT, RFC 9110 section 9.3.6) and leaves whatever comes behind its answer in the socket: an
 * SMTP server speaks first, and its greeting may come in the same packet. Rejects with HttpFailure `EPROXYAUTH` (407) or
 * `EPROXY`, or with the reason of `signal`; the connection is closed then.
 */
export function openTunnel(socket: Socket, request: TunnelRequest, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let head: Buffer = Buffer.alloc(0);
    const end = (): void => {
      signal.removeEventListener('abort', aborted);
      socket.off('readable', readable).off('error', failed).off('end', ended).off('close', ended);
    };
    const refuse = (error: unknown): void => {
      end();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error instanceof Error ? error : new Error('aborted'));
    };
    const broken = (text: string): void =>
      refuse(new HttpFailure('EPROXY', `cannot be reached: the proxy ${request.proxy} ${text}`, false));
    const aborted = (): void => refuse(signal.reason);
    const failed = (): void => broken('broke the connection off');
    const ended = (): void => broken('closed the connection instead of answering');
    // Paused reading, not 'data': a socket that was paused by hand stays so when its next reader comes.
    const readable = (): void => {
      for (;;) {
        const chunk: unknown = socket.read();
        if (!Buffer.isBuffer(chunk)) return;
        head = Buffer.concat([head, chunk]);
        const answer = answerIn(head);
        if (answer === 'more') {
          if (head.length > LONGEST_ANSWER) return broken('answers without an end');
          continue;
        }
        if (answer === 'not-http') return broken('does not answer in HTTP; check proxy.url');
        if (answer.status < 200 || answer.status > 299) return refuse(refusal(answer, request));
        if (answer.rest.length > 0) socket.unshift(answer.rest);
        end();
        return resolve();
      }
    };
    signal.addEventListener('abort', aborted);
    socket.on('readable', readable).on('error', failed).on('end', ended).on('close', ended);
    if (signal.aborted) aborted();
    else socket.write(requestText(request));
  });
}

function requestText({ host, port, credentials }: TunnelRequest): string {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const authorization = credentials === undefined ? '' : `Proxy-Authorization: Basic ${credentials}\r\n`;
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`;
}

interface Answer {
  readonly status: number;
  readonly reason: string;
  /** Authentication schemes that a 407 offers. */
  readonly schemes: readonly string[];
  readonly rest: Buffer;
}

/** The final answer in what has come so far. Interim ones (1xx, RFC 9110 section 15.2) are read over. */
function answerIn(head: Buffer): Answer | 'more' | 'not-http' {
  let from = 0;
  for (;;) {
    const start = head.toString('latin1', from, from + 5);
    if (!'HTTP/'.startsWith(start)) return 'not-http';
    const end = head.indexOf(END, from);
    if (end === -1 || end > LONGEST_ANSWER) return 'more';
    const [first = '', ...fields] = head.toString('latin1', from, end).split('\r\n');
    const [, digits, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first) ?? [];
    if (digits === undefined) return 'not-http';
    from = end + END.length;
    const status = Number(digits);
    if (status >= 200) return { status, reason, schemes: schemesIn(fields), rest: head.subarray(from) };
  }
}

function schemesIn(fields: readonly string[]): string[] {
  return fields
    .flatMap((field) => /^proxy-authenticate: *([\w-]{1,30})/i.exec(field)?.[1] ?? [])
    .slice(0, 10);
}

function refusal({ status, reason, schemes }: Answer, request: TunnelRequest): HttpFailure {
  const { proxy, host, port, credentials } = request;
  if (status === 407) {
    const basic = schemes.length === 0 || schemes.some((scheme) => scheme.toLowerCase() === 'basic');
    const text = !basic
      ? `offers only ${schemes.join(', ')} for signing in, and Postern speaks Basic; add the host to proxy.bypass or let this machine through without a password`
      : credentials === undefined
        ? 'wants a user name and a password (407); set proxy.user and proxy.password'
        : 'refuses the user name or the password (407); check proxy.user and proxy.password';
    return new HttpFailure('EPROXYAUTH', `cannot be reached: the proxy ${proxy} ${text}`, false);
  }
  const words = shownText(reason, LONGEST_WORDS);
  const said = words === '' || repeats(words, credentials) ? String(status) : `${status} ${words}`;
  const meaning =
    status === 403 || status === 405
      ? `does not let connections to ${host}:${port} through`
      : `got no connection to ${host}:${port}`;
  return new HttpFailure('EPROXY', `cannot be reached: the proxy ${proxy} ${meaning} (${said})`, false);
}

/** Characters of a secret in a row that are no chance. */
const PIECE = 6;

/** Whether the words hold the password or the credentials, whole or a piece: proxies repeat requests, and cut them. */
function repeats(words: string, credentials: string | undefined): boolean {
  if (credentials === undefined) return false;
  const pair = Buffer.from(credentials, 'base64').toString();
  return [pair.slice(pair.indexOf(':') + 1), credentials].some((secret) => {
    const length = Math.min(PIECE, secret.length);
    if (length === 0) return false;
    for (let start = 0; start + length <= secret.length; start += 1)
      if (words.includes(secret.slice(start, start + length))) return true;
    return false;
  });
}
