import { type HttpAnswer, HttpFailure } from '../../shared/http.ts';
import type { JsonFields } from '../../shared/outside-json.ts';
import { ownCommand } from '../../shared/own-commands.ts';
import { parseRetryAfter } from '../../shared/retry-after.ts';
import type { Secret } from '../../shared/secret.ts';
import { ProviderFailure } from '../provider.ts';
import { jsonFields } from '../providers/token-answer.ts';
import type { NoToken } from '../token-source.ts';
import { cleanReply, withoutSecrets } from './clean-reply.ts';
import { type FailureFacts, type FailureRow, tokenHost } from './failure-facts.ts';
import { GOOGLE_ROWS } from './failure-rows-google.ts';
import { MICROSOFT_ROWS } from './failure-rows-microsoft.ts';
import { STANDARD_ROWS } from './failure-rows-standard.ts';

/**
 * Puts what a provider answered into words and remedy, by tables (failure-rows-*.ts). A network error, 429 or 5xx is never called bad
 * credentials, whatever the body says; no secret and no token comes out.
 */

interface Told {
  readonly error: string | undefined;
  readonly description: string;
  readonly codes: readonly number[];
}

/** The failure that an answer of a token or device endpoint stands for; `hidden` is what the request carried. */
export function failureOfAnswer(
  answer: HttpAnswer,
  facts: FailureFacts,
  now: number,
  hidden: readonly Secret[] = [],
): ProviderFailure {
  const fields = jsonFields(answer);
  const told = fields === undefined ? undefined : tellOf(fields);
  const text = told === undefined ? bodyText(answer, hidden) : wordsOf(told);
  const reply = { code: answer.status, text: cleanReply(text, hidden) || `HTTP ${answer.status}` };
  const pause = parseRetryAfter(answer.headers['retry-after'], now);
  const more = { reply, ...(pause === undefined ? {} : { retryAfter: pause }) };
  const byStatus = overloaded(answer.status, facts);
  if (byStatus !== undefined) return failure({ ...byStatus, ...more }, told?.error, false);
  if (told?.error !== undefined) return toldFailure(told, facts, more);
  return failure({ ...withoutError(answer.status, fields !== undefined, facts), ...more }, undefined, false);
}

/** The failure of a request that got no answer. */
export function failureOfConnection(
  error: unknown,
  facts: FailureFacts,
  hidden: readonly Secret[] = [],
): ProviderFailure {
  // The words of an HttpFailure go behind the server's name.
  const says = error instanceof HttpFailure ? cleanReply(error.message, hidden, 2000) : 'cannot be asked';
  const remedy = (error instanceof HttpFailure ? CONNECTION[error.code] : undefined) ?? WAY_OUT;
  // Nothing was asked, for the address is not one that secrets are sent to.
  const reason = error instanceof HttpFailure && error.code === 'EREQUEST' ? 'configuration' : 'unreachable';
  const problem = { reason, text: `${tokenHost(facts)} ${says}.`, remedy } as const;
  return failure(problem, undefined, false);
}

/** The failure that a consent page sent back with the browser (RFC 6749 section 4.1.2.1); `undefined` when it sent none. */
export function failureOfConsent(
  parameters: URLSearchParams,
  facts: FailureFacts,
): ProviderFailure | undefined {
  const error = parameters.get('error');
  if (error === null) return undefined;
  const told = tellOf({
    error,
    error_description: parameters.get('error_description') ?? '',
    error_subtype: parameters.get('error_subcode') ?? parameters.get('error_subtype') ?? '',
  });
  const text = cleanReply(wordsOf(told));
  // There is no status: the browser brought it.
  return toldFailure({ ...told, error: told.error ?? 'unknown_error' }, facts, {
    reply: { code: 400, text: text === '' ? 'no words' : text },
  });
}

/** A failure of our own settings, found before anything was sent. */
export function failureOfSettings(text: string, remedy: string): ProviderFailure {
  return failure({ reason: 'configuration', text, remedy }, undefined, false);
}

type Problem = Omit<NoToken, 'kind'>;

function failure(problem: Problem, error: string | undefined, final: boolean): ProviderFailure {
  return new ProviderFailure({ kind: 'unavailable', ...problem }, error, final);
}

const WAY_OUT = 'See that this machine may reach it (port 443), and set proxy where there is one.';
const PASSING = 'Nothing to do if it passes; else look at the firewall or proxy between.';

/** What to do, by the code of an HttpFailure. */
const CONNECTION: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Compare the address, and see that this machine resolves names ("getent hosts HOST").',
  ENODATA: 'Compare the address, and see that this machine resolves names ("getent hosts HOST").',
  EAI_AGAIN: 'See that the DNS servers of this machine answer.',
  ECONNREFUSED: 'Compare host and port of the endpoint, and see that no firewall stands between.',
  ECONNRESET: PASSING,
  EPIPE: PASSING,
  ECERTIFICATE: `Where the server, or a proxy that looks into TLS, has a certificate of your own, trust it on the page Certificates, or run "${ownCommand('import-cert FILE')}".`,
  EPROXY: 'Compare proxy.url, and see that the proxy lets connections to this host pass.',
  EPROXYAUTH: 'Compare proxy.user and proxy.password.',
  EREQUEST: 'Write the endpoints of the upstream with https://.',
  ETOOLARGE: 'Compare the endpoint: the answer with a token is short.',
};

function overloaded(status: number, facts: FailureFacts): Problem | undefined {
  if (status === 429) {
    return {
      reason: 'throttled',
      text: `${tokenHost(facts)} asks for fewer requests.`,
      remedy: 'Nothing to do; it is tried again.',
    };
  }
  if (status < 500 && status !== 408) return undefined;
  return {
    reason: 'unreachable',
    text: `${tokenHost(facts)} has a fault of its own (HTTP ${status}).`,
    remedy: 'Nothing to do; it is tried again.',
  };
}

function toldFailure(told: Told, facts: FailureFacts, more: Partial<Problem>): ProviderFailure {
  const row = rowFor(told, facts);
  if (row !== undefined) {
    const { reason } = row;
    const problem = { reason, text: row.says(facts), remedy: row.remedy(facts), ...more };
    return failure(problem, told.error, row.final ?? false);
  }
  const [code] = told.codes;
  const named = code === undefined ? (told.error ?? 'an unknown error') : `AADSTS${code}`;
  const remedy =
    code === undefined
      ? `Look the error up in the documents of the provider, and compare the settings of upstream ${facts.upstream}.`
      : `Look it up at https://login.microsoftonline.com/error?code=${code}.`;
  return failure(
    { reason: 'configuration', text: `${tokenHost(facts)} refuses with ${named}.`, remedy, ...more },
    told.error,
    false,
  );
}

function rowFor(told: Told, facts: FailureFacts): FailureRow | undefined {
  const { provider } = facts.settings;
  const numbered = MICROSOFT_ROWS.filter((row) => row.aadsts !== undefined);
  // A server may tell several numbers; the first is the one that it means.
  for (const code of told.codes) {
    const row = numbered.find(({ aadsts }) => aadsts?.includes(code));
    if (row !== undefined) return row;
  }
  const own = provider === 'microsoft' ? MICROSOFT_ROWS : provider === 'google' ? GOOGLE_ROWS : [];
  return [...own.filter((row) => row.aadsts === undefined), ...STANDARD_ROWS].find(
    (row) =>
      (row.error === undefined || (told.error !== undefined && row.error.includes(told.error))) &&
      (row.text === undefined || row.text.test(told.description)) &&
      (row.flow === undefined || row.flow.includes(facts.settings.flow)),
  );
}

/** An answer that names no error: a page of somebody else, an empty token, a wrong address. */
function withoutError(status: number, isJson: boolean, facts: FailureFacts): Problem {
  const host = tokenHost(facts);
  const compare = `Compare tokenEndpoint of upstream ${facts.upstream}`;
  if (status >= 200 && status < 300) {
    return isJson
      ? {
          reason: 'unreachable',
          text: `${host} gave an answer without a usable token.`,
          remedy: 'Nothing to do if it passes; it is tried again.',
        }
      : {
          reason: 'unreachable',
          text: `${host} gave a page in place of a token.`,
          remedy: `${compare}, and see that no proxy or sign-in page of the network stands between.`,
        };
  }
  if (status === 401) {
    return {
      reason: 'authentication',
      text: `${host} does not accept the application (HTTP 401).`,
      remedy: `Compare clientId, clientSecret and clientAuthentication of upstream ${facts.upstream}.`,
    };
  }
  if ((status >= 300 && status < 400) || status === 404 || status === 405 || status === 410) {
    return {
      reason: 'configuration',
      text: `${host} has no token endpoint at this address (HTTP ${status}).`,
      remedy: `${compare} with the documents of the provider.`,
    };
  }
  return {
    reason: 'unreachable',
    text: `${host} answered with HTTP ${status} and no reason.`,
    remedy: `${compare}, and see that no proxy or firewall answers in its place.`,
  };
}

/** RFC 6749 section 5.2, and the shape of Google's APIs, whose error is an object. */
function tellOf(fields: JsonFields): Told {
  const { error } = fields;
  const object = typeof error === 'object' && error !== null ? { ...error } : undefined;
  const code = object !== undefined && 'status' in object ? object.status : error;
  const message = object !== undefined && 'message' in object ? object.message : fields['error_description'];
  const kinds = textsOf(fields['error_subtype'], fields['suberror']).map((kind) => `(${kind})`);
  const description = [...textsOf(message), ...kinds].join(' ');
  const name = typeof code === 'string' && /^[\w.:-]{1,64}$/.test(code) ? code : undefined;
  const present = error !== undefined && error !== null && error !== '';
  return {
    error: name ?? (present ? 'unknown_error' : undefined),
    description,
    codes: codesOf(fields['error_codes'], description),
  };
}

function textsOf(...parts: unknown[]): readonly string[] {
  return parts.filter((part): part is string => typeof part === 'string' && part !== '');
}

function codesOf(listed: unknown, description: string): number[] {
  const numbers = Array.isArray(listed) ? listed.slice(0, 10) : [];
  const inText = [...description.matchAll(/AADSTS(\d{4,8})/g)]
    .slice(0, 10)
    .map(([, digits]) => Number(digits));
  return [...numbers.filter((code): code is number => typeof code === 'number'), ...inText];
}

function wordsOf({ error, description }: Told): string {
  return [error, description].filter((part) => part !== undefined && part !== '').join(': ');
}

/** Of a page that is no JSON, the title or the beginning says what it is. */
function bodyText(answer: HttpAnswer, hidden: readonly Secret[]): string {
  // First of all: a sign of a secret may look like the begin of a tag.
  const text = withoutSecrets(answer.body.toString('utf8'), hidden);
  const title = /<title[^<>]{0,100}>([^<]+)/i.exec(text)?.[1];
  return title ?? text.replaceAll(/<[^<>]{0,500}>/g, ' ');
}
