/**
 * The one place where errors become HTTP. A RelayError shows its public message; anything else is a fault of ours and
 * shows nothing of itself, because the text of a foreign error may hold whatever it was thrown over.
 */
import { TooManyAttempts } from '../access/too-many-attempts.ts';
import { type ErrorCode, type Fault, RelayError, type RelayErrorOptions } from '../shared/errors.ts';

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly faults?: readonly Fault[];
  readonly hint?: string;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** An error whose HTTP status says more than its code does, e.g. 415 or 428. */
export class HttpError extends RelayError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    options: RelayErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code, message, options);
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  configuration: 500,
  'settings-invalid': 422,
  'settings-conflict': 412,
  'settings-locked': 409,
  'secret-unavailable': 409,
  'store-unavailable': 503,
  'store-full': 507,
  'store-busy': 503,
  'store-newer': 503,
  'not-found': 404,
  'not-allowed': 409,
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'certificate-invalid': 422,
  overloaded: 503,
  stopping: 503,
  internal: 500,
};

/** Every code there is. */
export const ERROR_CODES: readonly string[] = Object.keys(STATUS);

/** What the libraries that read the request complain about, by the `type` or status of their errors. */
const READING: Readonly<Record<string, readonly [status: number, message: string]>> = {
  'entity.too.large': [413, 'The request is larger than is taken here: 1 MiB, and 16 KiB before a sign-in.'],
  'entity.parse.failed': [400, 'The request is not valid JSON.'],
  'encoding.unsupported': [415, 'The request must not be compressed.'],
  'charset.unsupported': [415, 'The request has to be JSON in UTF-8.'],
  'request.aborted': [400, 'The request was not sent completely.'],
  'request.size.invalid': [400, 'The request was not sent completely.'],
};

/** Status, headers and body for anything that was thrown while a request was answered. */
export function errorAnswer(thrown: unknown): ErrorAnswer {
  if (thrown instanceof HttpError) return answer(thrown.status, thrown, thrown.headers);
  if (thrown instanceof TooManyAttempts) return answer(429, thrown, { 'Retry-After': String(thrown.wait) });
  if (thrown instanceof RelayError) {
    const headers: Record<string, string> =
      thrown.code === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {};
    // The text of an `internal` error is written for the log.
    return thrown.code === 'internal' ? unknown() : answer(STATUS[thrown.code], thrown, headers);
  }
  const reading = READING[propertyText(thrown, 'type')];
  if (reading) return answer(reading[0], new RelayError('bad-request', reading[1]), {});
  if (thrown instanceof URIError) {
    return answer(400, new RelayError('bad-request', 'The address of the request is not well-formed.'), {});
  }
  return unknown();
}

function answer(status: number, error: RelayError, headers: Readonly<Record<string, string>>): ErrorAnswer {
  const body = {
    code: error.code,
    message: error.publicMessage,
    ...(error.faults.length > 0 ? { faults: error.faults } : {}),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  return { status, headers, body };
}

function unknown(): ErrorAnswer {
  const body = { code: 'internal', message: 'Postern failed; the log says why.' } as const;
  return { status: 500, headers: {}, body };
}

function propertyText(thrown: unknown, name: 'type'): string {
  if (typeof thrown !== 'object' || thrown === null || !(name in thrown)) return '';
  return typeof thrown.type === 'string' ? thrown.type : '';
}
