import type { Clock } from '../../../shared/clock.ts';
import { type HttpAnswer, type HttpClient, HttpFailure, type HttpRequest } from '../../../shared/http.ts';
import type { Secret } from '../../../shared/secret.ts';
import { type BodyProgress, guardedBody, newProgress } from './body-progress.ts';
import type { Lane } from './lanes.ts';

/** One request of a conversation with an API. */
export interface Question {
  readonly method: HttpRequest['method'];
  readonly url: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | { readonly size: number; pieces(): AsyncIterable<Buffer> };
  /** The message counts as handed over behind this one. */
  readonly final?: boolean;
  /** To an address that carries its own leave: the token stays away from it. */
  readonly withoutToken?: boolean;
  /** Longest answer that is read, in bytes, where it repeats what was sent. */
  readonly maxAnswer?: number;
  /** Done even when the delivery is broken off. */
  readonly despiteAbort?: boolean;
}

/** Why there is no answer. */
export type Unanswered =
  /** Postern stops. */
  | { readonly kind: 'stopped' }
  /** The message is another node's by now. */
  | { readonly kind: 'let-go' }
  /** Our own limits say that it is too early; ms. */
  | { readonly kind: 'early'; readonly wait: number }
  /** `reached`: the request was under way, so the server and the way to it work. `doubtful`: it may have been carried out. */
  | {
      readonly kind: 'failed';
      readonly failure: HttpFailure;
      readonly reached: boolean;
      readonly doubtful: boolean;
    };

export type Ask = (
  question: Question,
) => Promise<{ readonly kind: 'answer'; readonly answer: HttpAnswer } | Unanswered>;

export interface AskDependencies {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly lane: Lane;
  readonly token: Secret;
  readonly timeout: { readonly connect: number; readonly data: number };
  readonly signal: AbortSignal;
  readonly mayFinish: (() => boolean) | undefined;
}

/** Answers of an API to a message are short. */
const LONGEST_ANSWER = 256 * 1024;
/** Longest wait for room within the limits while a message is under way; beyond it the upstream rests. */
const PATIENCE = 30_000;
/** What is done despite an abort may not hold the stop up. */
const SHORT = 10_000;

/**
 * Asks within the limits of the lane. Rejects only for faults of ours (a body that cannot be read); what the network does is an answer or `Unanswered`.
 */
export function createAsk(deps: AskDependencies): Ask {
  const { lane, signal } = deps;

  return async (question) => {
    const { body, final = false, despiteAbort = false } = question;
    const size = body === undefined ? 0 : Buffer.isBuffer(body) ? body.length : body.size;
    const wait = despiteAbort ? 0 : await room(deps, size);
    if (wait > 0) return { kind: 'early', wait };
    if (signal.aborted && !despiteAbort) return { kind: 'stopped' };
    const progress = newProgress();
    // A body in one piece leaves no moment between its parts to ask at.
    const streamed = body !== undefined && !Buffer.isBuffer(body);
    if (final && !streamed && deps.mayFinish?.() === false) return { kind: 'let-go' };
    lane.take(size);
    const mayFinish = final ? deps.mayFinish : undefined;
    try {
      const answer = await deps.http.send({
        method: question.method,
        url: question.url,
        headers: {
          accept: 'application/json',
          ...(question.withoutToken ? {} : { authorization: `Bearer ${deps.token.reveal()}` }),
          ...(question.contentType === undefined ? {} : { 'content-type': question.contentType }),
          ...(question.method === 'POST' || question.method === 'PUT'
            ? { 'content-length': String(size) }
            : {}),
          ...question.headers,
        },
        ...(body === undefined
          ? {}
          : { body: streamed ? guardedBody(body.pieces(), size, progress, mayFinish) : body }),
        connectTimeout: deps.timeout.connect,
        timeout: despiteAbort ? SHORT : deps.timeout.data,
        maxAnswer: question.maxAnswer ?? LONGEST_ANSWER,
        ...(despiteAbort ? {} : { signal }),
      });
      return { kind: 'answer', answer };
    } catch (error) {
      if (progress.fault !== undefined) throw progress.fault;
      if (!(error instanceof HttpFailure) && !progress.letGo) throw error;
      return unanswered(error, progress, { final, streamed, stopped: signal.aborted && !despiteAbort });
    }
  };
}

function unanswered(
  error: unknown,
  progress: BodyProgress,
  state: { readonly final: boolean; readonly streamed: boolean; readonly stopped: boolean },
): Unanswered {
  if (progress.letGo || !(error instanceof HttpFailure)) return { kind: 'let-go' };
  const doubtful = state.final && error.sent && (!state.streamed || progress.ended);
  if (state.stopped && !doubtful) return { kind: 'stopped' };
  return { kind: 'failed', failure: error, reached: error.sent || progress.begun, doubtful };
}

/** Waits for room within the limits. 0 when there is some (or `signal` aborts), else the wait that is too long, ms. */
async function room({ clock, lane, signal }: AskDependencies, size: number): Promise<number> {
  const deadline = clock.monotonic() + PATIENCE;
  for (;;) {
    const wait = lane.wait(size);
    if (wait === 0 || signal.aborted) return 0;
    if (clock.monotonic() + wait > deadline) return wait;
    await pause(clock, wait, signal);
  }
}

/** Ends early when `signal` aborts. */
async function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(milliseconds, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
