/**
 * Requests to the API. Promises an ApiError for everything that is no good answer, and that a request whose session has
 * ended waits for a new one (sign-in-again.ts) and is then made again, so that nothing typed is lost.
 */
import type { ErrorAnswer } from '../admin/contract.ts';
import { reached } from './reachable.ts';
import { signInAgain } from './sign-in-again.ts';

export type Fault = NonNullable<ErrorAnswer['faults']>[number];

/** A refusal of the API, or that it could not be reached (`status` 0, `code` unreachable). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly faults: readonly Fault[];
  readonly hint: string | undefined;

  constructor(status: number, body: ErrorAnswer) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.faults = body.faults ?? [];
    this.hint = body.hint;
  }
}

/** Whatever was thrown, as an error that can be shown. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
  });
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Revision that the change is made to (`If-Match`). */
  readonly ifMatch?: string | undefined;
  /** A 401 is an answer, not the end of a session. */
  readonly anonymous?: boolean;
  /** The page asks by itself; that keeps no session alive. */
  readonly background?: boolean;
}

export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** The answer of a GET. */
export async function get<T>(path: string, options: RequestOptions = {}): Promise<T> {
  return readJson<T>(await request('GET', path, undefined, options));
}

/** The answer of a GET with its ETag, for changes with `ifMatch`. */
export async function getTagged<T>(
  path: string,
  options: RequestOptions = {},
): Promise<{ readonly value: T; readonly etag: string | undefined }> {
  const response = await request('GET', path, undefined, options);
  return { value: await readJson<T>(response), etag: response.headers.get('etag') ?? undefined };
}

/** The answer of a GET as text. */
export async function getText(path: string, options: RequestOptions = {}): Promise<string> {
  return (await request('GET', path, undefined, options)).text();
}

/** The answer of a change; `undefined` where there is none (204). */
export async function send<T = unknown>(
  method: Exclude<Method, 'GET'>,
  path: string,
  body?: unknown,
  options: RequestOptions = {},
): Promise<T> {
  return readJson<T>(await request(method, path, body, options));
}

/** Reads an answer in lines of JSON as they come; resolves at the end of the last. */
export async function stream<T>(
  method: Exclude<Method, 'GET'>,
  path: string,
  body: unknown,
  onItem: (item: T) => void,
  options: RequestOptions = {},
): Promise<void> {
  const response = await request(method, path, body, options);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw options.signal?.aborted === true ? error : unreachable();
    });
    const lines = (rest + (value ?? '')).split('\n');
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) {
      if (line.trim() !== '') onItem(parsed<T>(line));
    }
    if (done) return;
  }
}

async function request(
  method: Method,
  path: string,
  body: unknown,
  options: RequestOptions,
): Promise<Response> {
  const response = await fetchOnce(method, path, body, options);
  if (response.status !== 401 || options.anonymous === true) return checked(response);
  await signInAgain(options.signal);
  return checked(await fetchOnce(method, path, body, options));
}

async function fetchOnce(
  method: Method,
  path: string,
  body: unknown,
  { signal, ifMatch, background = false }: RequestOptions,
): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
    ...(background ? { 'Postern-Background': '1' } : {}),
  };
  try {
    const response = await fetch(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    reached(true);
    return response;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    reached(false);
    throw unreachable();
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text().catch(() => '');
  throw new ApiError(
    response.status,
    errorOf(text) ?? { code: 'internal', message: `HTTP ${response.status}` },
  );
}

function errorOf(text: string): ErrorAnswer | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isErrorAnswer(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** A proxy in front may answer with something of its own. */
function isErrorAnswer(body: unknown): body is ErrorAnswer {
  if (typeof body !== 'object' || body === null || !('code' in body && 'message' in body)) return false;
  return typeof body.code === 'string' && typeof body.message === 'string';
}

async function readJson<T>(response: Response): Promise<T> {
  return parsed<T>((await response.text()) || 'null');
}

/** What the API answers has gone through the schema of the same type on the server. */
function parsed<T>(text: string): T {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the server held it against the schema of this type
  const value: T = JSON.parse(text);
  return value;
}

function unreachable(): ApiError {
  return new ApiError(0, { code: 'unreachable', message: '' });
}
