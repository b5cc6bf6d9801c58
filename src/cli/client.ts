/**
 * Talks to the running node over its admin interface. Every request has a deadline and a bounded answer; what the node
 * says about an error is thrown as the RelayError that it was.
 */
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { z } from 'zod';
import { errorSchema } from '../admin/contract.ts';
import { type ErrorCode, errorCode, RelayError } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { connectSecurely, isPlain, type Pins, staysHere } from './admin-connection.ts';
import type { Typed } from './command.ts';
import { adminAddress, adminPins, tokenFile } from './node-flags.ts';
import { UsageError } from './usage-error.ts';

/** Milliseconds without a byte from the node. */
const IDLE = 150_000;
/** A page of 1,000 messages with 1,000 recipients each is the largest answer. */
const MAX_ANSWER = 512 * 1024 * 1024;

/** RFC 9110 section 15.5.22: the node speaks https there. */
const UPGRADE_REQUIRED = 426;

/** Nobody answers at the admin address. */
export class NotRunning extends RelayError {
  constructor(address: string, cause: unknown) {
    super('configuration', `No Postern answers at ${address}.`, {
      cause,
      hint: `Start it with "${ownCommand('serve')}", or name its address with --admin.`,
    });
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly json: unknown;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are no error beside 2xx. */
  readonly accept?: readonly number[];
}

export interface Client {
  /** The answer's JSON, checked. Throws RelayError with the node's code and words; NotRunning. */
  ask<T>(path: string, schema: z.ZodType<T>, options?: RequestOptions): Promise<T>;
  request(path: string, options?: RequestOptions): Promise<Answer>;
  /** The answer as it comes. */
  download(path: string, options?: RequestOptions): Promise<IncomingMessage>;
}

/**
 * A client of the node that the command's flags name. Nothing is read or sent before the first request. Throws UsageError
 * when --admin is no address; requests throw NotRunning, the node's own errors, and `configuration` where the node wants a
 * token and its file cannot be read.
 */
export function createClient(typed: Typed): Client {
  const url = adminUrl(adminAddress(typed));
  const send = createSender(url, adminPins(typed), /^https?:\/\//.test(adminAddress(typed)));
  let token: Promise<Token> | undefined;

  async function open(path: string, options: RequestOptions): Promise<IncomingMessage> {
    token ??= readToken(tokenFile(typed));
    const known = await token;
    const response = await send(path, options, known.text, typed.terminal.user);
    const status = response.statusCode ?? 0;
    if ((status >= 200 && status < 300) || options.accept?.includes(status)) return response;
    const text = await readAll(response);
    if (status === 401 && known.trouble) throw known.trouble;
    throw errorOf(status, text);
  }
  async function request(path: string, options: RequestOptions = {}): Promise<Answer> {
    const response = await open(path, options);
    const json = parseJson(await readAll(response));
    return { status: response.statusCode ?? 0, headers: response.headers, json };
  }
  return {
    async ask(path, schema, options) {
      const { json } = await request(path, options);
      const result = schema.safeParse(json);
      if (result.success) return result.data;
      throw new RelayError('internal', 'The node’s answer is not understood; is it of the same version?', {
        cause: result.error,
      });
    },
    request,
    download: (path, options = {}) => open(path, options),
  };
}

/** `ADDRESS:PORT` or an http(s) URL; all addresses of a machine mean the machine itself. */
function adminUrl(address: string): URL {
  const text = /^https?:\/\//.test(address) ? address : `http://${address}`;
  if (!URL.canParse(text))
    throw new UsageError(`--admin ${address} is not an address such as 127.0.0.1:8025`);
  const url = new URL(text);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url;
}

interface Token {
  readonly text: string | undefined;
  /** Why there is none; told only when the node asks for it. */
  readonly trouble?: RelayError;
}

async function readToken(file: string): Promise<Token> {
  try {
    return { text: (await readFile(file, 'utf8')).trim() };
  } catch (error) {
    const reason = errorCode(error) === 'ENOENT' ? 'is not there' : `cannot be read (${errorCode(error)})`;
    const trouble = new RelayError('configuration', `The admin token ${file} ${reason}.`, {
      cause: error,
      hint: 'Name the data directory of the running node with --data, or the file with --admin-token-file.',
    });
    return { text: undefined, trouble };
  }
}

type Send = (
  path: string,
  options: RequestOptions,
  token: string | undefined,
  by: string,
) => Promise<IncomingMessage>;

/**
 * Sends requests as the node wants them. Who names the protocol or the certificate gets that and nothing else. Else it is found out: on
 * this machine by asking in clear first, over the network by asking for TLS first, so that a token is not shown to it needlessly.
 */
function createSender(url: URL, pins: Pins, named: boolean): Send {
  const secure: Send = async (path, ...rest) => {
    const socket = await connectSecurely(url, pins).catch((error: unknown) => {
      throw error instanceof RelayError || isPlain(error) ? error : new NotRunning(url.host, error);
    });
    return sendOver(new URL(path, url), socket, ...rest);
  };
  const plain: Send = (path, ...rest) => sendOver(new URL(path, url), undefined, ...rest);
  const strictlySecure: Send = (...request) =>
    secure(...request).catch((error: unknown) => {
      throw isPlain(error) ? notSecure(url) : error;
    });
  if (named) return url.protocol === 'https:' ? strictlySecure : plain;
  if (pins.name !== undefined) return strictlySecure;
  let known: Send | undefined;
  const plainFirst: Send = async (...request) => {
    const response = await plain(...request);
    if (response.statusCode !== UPGRADE_REQUIRED) return response;
    response.resume();
    known = secure;
    return secure(...request);
  };
  const secureFirst: Send = async (...request) => {
    try {
      return await secure(...request);
    } catch (error) {
      if (!isPlain(error)) throw error;
      known = plain;
      return plain(...request);
    }
  };
  return (...request) => (known ?? (staysHere(url) ? plainFirst : secureFirst))(...request);
}

function notSecure(url: URL): RelayError {
  return new RelayError('configuration', `No https is spoken at ${url.host}.`, {
    hint: 'Leave out --admin-certificate and POSTERN_ADMIN_CERTIFICATE, or begin the address with http://.',
  });
}

function sendOver(
  url: URL,
  socket: Socket | undefined,
  options: RequestOptions,
  token: string | undefined,
  by: string,
): Promise<IncomingMessage> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const headers: Record<string, string> = {
    Host: url.host,
    Connection: 'close',
    'Postern-By': by,
    ...(token === undefined || !/^[\x21-\x7e]+$/.test(token) ? {} : { Authorization: `Bearer ${token}` }),
    ...(body === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? 80 : Number(url.port),
      path: `${url.pathname}${url.search}`,
      method: options.method ?? 'GET',
      headers,
      timeout: IDLE,
      ...(socket === undefined ? {} : { createConnection: () => socket }),
    });
    request.once('response', resolve);
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', (error) => reject(new NotRunning(url.host, error)));
    request.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  const stream: AsyncIterable<Buffer> = response;
  for await (const piece of stream) {
    size += piece.length;
    if (size > MAX_ANSWER) throw new RelayError('internal', 'The node’s answer is too large.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(status: number, text: string): RelayError {
  const parsed = errorSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    return new RelayError(
      'internal',
      `Whatever answers at the admin address is not Postern (HTTP ${status}).`,
    );
  }
  const { code, message, faults, hint } = parsed.data;
  return new RelayError(knownCode(code), message, {
    faults: (faults ?? []).map(({ path, message: what, remedy, line, column }) => ({
      path,
      message: what,
      ...(remedy === undefined ? {} : { remedy }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    })),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Codes that the command line tells apart; the rest only matters to people. */
function knownCode(code: string): ErrorCode {
  const known: readonly ErrorCode[] = ['settings-conflict', 'settings-locked', 'not-found', 'bad-request'];
  return known.find((one) => one === code) ?? 'internal';
}
