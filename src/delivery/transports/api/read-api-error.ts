import type { HttpAnswer } from '../../../shared/http.ts';
import { parsedJson as parsed } from '../../../shared/outside-json.ts';
import { parseRetryAfter, retryAfterInText } from '../../../shared/retry-after.ts';
import type { ApiRefusal } from '../../classify-api.ts';
import { showable } from '../smtp/parse-reply.ts';

/** Names in one answer that are looked at. */
const MOST_CODES = 10;
/** More of an answer is not read as JSON. */
const LARGEST_ERROR = 65_536;

/**
 * What an answer other than the expected one says. Microsoft Graph: `{ error: { code, message, innerError } }`; Google: `{ error: { code,
 * message, status, errors: [{ reason }], details: [{ reason }] } }`. Total: anything else keeps its status and a word about what it is.
 * Texts in `hidden` (the token) are replaced where the server echoes them. `now` is the wall's time, for dates.
 */
export function readApiError(answer: HttpAnswer, hidden: readonly string[], now: number): ApiRefusal {
  const error = member(parsedJson(answer), 'error');
  const message = showable(textOf(error, answer), hidden);
  const retryAfter = parseRetryAfter(answer.headers['retry-after'], now) ?? retryAfterInText(message, now);
  return {
    status: answer.status,
    codes: codesOf(error).map((code) => showable(code, hidden)),
    message,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/** The body as JSON; undefined where it is none. */
export function parsedJson(answer: HttpAnswer, largest = LARGEST_ERROR): unknown {
  return answer.body.length > largest ? undefined : parsed(answer.body.toString('utf8'));
}

/** A member of an object that came from outside. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found;
}

function codesOf(error: unknown): string[] {
  const names = [
    member(error, 'code'),
    member(member(error, 'innerError'), 'code'),
    ...reasons(member(error, 'errors')),
    ...reasons(member(error, 'details')),
    member(error, 'status'),
    error,
  ];
  const codes = names.filter((name) => typeof name === 'string' && /^[\w.-]{1,100}$/.test(name));
  return [...new Set(codes.map(String))].slice(0, MOST_CODES);
}

function reasons(list: unknown): unknown[] {
  return Array.isArray(list) ? list.slice(0, MOST_CODES).map((each) => member(each, 'reason')) : [];
}

function textOf(error: unknown, answer: HttpAnswer): string {
  const message = member(error, 'message');
  if (typeof message === 'string') return message;
  if (answer.body.length === 0) return 'no reason was given';
  const type = (answer.headers['content-type'] ?? 'an unknown type').split(';')[0]?.slice(0, 60) ?? '';
  return `no reason that can be read (${answer.body.length} bytes of ${type})`;
}
