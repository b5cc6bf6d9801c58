import type { SecretSource } from '../../settings/schema-values.ts';
import type { SettingsSource } from '../../settings/source.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import { type HttpAnswer, type HttpClient, HttpFailure } from '../../shared/http.ts';
import { Secret } from '../../shared/secret.ts';
import type { FailureFacts } from '../failures/failure-facts.ts';
import { failureOfAnswer, failureOfConnection, failureOfSettings } from '../failures/token-failures.ts';
import { ProviderFailure } from '../provider.ts';

/** A method of a provider ends within this, secrets read and all, ms. */
const DEADLINE = 20_000;
/** Longest answer that is read, in bytes. */
const MAX_ANSWER = 256 * 1024;

export interface ExchangeDeps {
  readonly reveal: SettingsSource['reveal'];
  readonly http: HttpClient;
  readonly clock: Clock;
}

export interface WireRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a library talks over: one POST, whose answer is kept. */
export interface Wire {
  /** Reads a secret of the settings; it is taken out of whatever is said about this exchange. */
  reveal(source: SecretSource): Promise<string>;
  /** The text of a secret that is used in the exchange, taken out likewise. */
  show(secret: Secret): string;
  /** More about the failure, known on the way. */
  note(facts: Partial<FailureFacts>): void;
  post(request: WireRequest): Promise<HttpAnswer>;
}

/**
 * One exchange with a provider: `talk` lets a library build and send its request, and `read` takes what is wanted out of the answer
 * itself (`undefined`: the answer is a failure). What a library makes of the answer does not matter: its errors may hold secrets, and
 * a good answer that it does not like must not cost a rotated refresh token.
 *
 * Promises: at most one request, no retry; ends within 20 s; rejects with ProviderFailure only.
 */
export async function exchange<T extends object>(
  deps: ExchangeDeps,
  facts: FailureFacts,
  read: (answer: HttpAnswer) => T | undefined,
  talk: (wire: Wire) => Promise<unknown>,
): Promise<T> {
  const { clock } = deps;
  const hidden: Secret[] = [];
  const abort = new AbortController();
  const end = clock.monotonic() + DEADLINE;
  let known = facts;
  let result: T | undefined;
  let failure: ProviderFailure | undefined;
  let asked = false;

  const post = async (request: WireRequest): Promise<HttpAnswer> => {
    if (asked) throw new Error('an exchange is one request');
    asked = true;
    hidden.push(...carriedBy(request));
    try {
      const answer = await deps.http.send({
        method: 'POST',
        url: request.url,
        headers: { accept: 'application/json', ...request.headers },
        body: request.body,
        timeout: Math.max(1, end - clock.monotonic()),
        maxAnswer: MAX_ANSWER,
        signal: abort.signal,
      });
      result = read(answer);
      if (result === undefined) failure = failureOfAnswer(answer, known, clock.now(), hidden);
      return answer;
    } catch (error) {
      failure ??= failureOfConnection(error, known, hidden);
    }
    throw failure;
  };

  const wire: Wire = {
    async reveal(source) {
      const secret = await deps.reveal(source);
      hidden.push(secret);
      return secret.reveal();
    },
    show(secret) {
      hidden.push(secret);
      return secret.reveal();
    },
    note(more) {
      known = { ...known, ...more };
    },
    post,
  };

  let timer = { cancel: () => {} };
  const late = new Promise<never>((_resolve, reject) => {
    timer = clock.after(DEADLINE, () => {
      reject(failureOfConnection(new HttpFailure('ETIMEDOUT', 'no answer in time', asked), known, hidden));
      abort.abort();
    });
  });
  try {
    await Promise.race([talk(wire), late]);
  } catch (error) {
    // Whatever a library throws once the answer is there: the answer counts.
    if (result === undefined) throw failure ?? failureOfThrown(error, known);
  } finally {
    timer.cancel();
  }
  if (result !== undefined) return result;
  throw failure ?? failureOfThrown(undefined, known);
}

/** Fields of a token request that nobody else may see (RFC 6749, 7521, 7636, 8628). */
const SECRET_FIELDS = [
  'client_secret',
  'client_assertion',
  'assertion',
  'code',
  'code_verifier',
  'device_code',
  'refresh_token',
] as const;

/** The secrets in a request as they go over the wire, those that a library made itself included. */
function carriedBy({ headers, body }: WireRequest): Secret[] {
  const form = new URLSearchParams(body);
  const authorization = Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase() === 'authorization' ? value.split(' ').slice(1) : [],
  );
  const texts = [...SECRET_FIELDS.flatMap((name) => form.getAll(name)), ...authorization];
  return texts.map((text) => new Secret(text));
}

/** Nothing was sent: a secret that cannot be read, or settings that a library does not take. Its words may quote what it was given. */
function failureOfThrown(error: unknown, facts: FailureFacts): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  if (error instanceof RelayError) {
    return failureOfSettings(
      `A secret of upstream ${facts.upstream} cannot be read: ${error.publicMessage}.`,
      error.hint ?? 'Compare where the secret is kept with what the settings say.',
    );
  }
  return failureOfSettings(
    `The request for a token cannot be made from the settings of upstream ${facts.upstream}.`,
    'Compare clientId, tenantId, endpoints, and the form of the secret or key.',
  );
}
