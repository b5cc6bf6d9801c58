import { Readable } from 'node:stream';
import type { Client, Dispatcher } from 'undici';
import { type HttpAnswer, HttpFailure, type HttpRequest } from '../shared/http.ts';
import { failureOf } from './failure-words.ts';

/** Pieces in which a body in memory is handed over, so that it is known when the last one left. */
const PIECE = 64 * 1024;
/** Interim answers (1xx) that are read over; a server could go on with them for as long as it is listened to. */
const MOST_INTERIM = 20;

/** What is asked, ready for the wire. */
export interface Exchange {
  readonly request: HttpRequest;
  /** Path and query. */
  readonly path: string;
  /** Bytes of answer that are read at most. */
  readonly maxAnswer: number;
  /** Aborts with the HttpFailure that is to be told. */
  readonly signal: AbortSignal;
  /**
   * Called when the request goes onto the connection (before that, nothing of it has left and the body is untouched), and
   * when the answer begins.
   */
  progress(stage: 'asking' | 'answering'): void;
}

/** One request and its whole answer on one connection. Rejects with HttpFailure, whose `sent` is right. */
export function exchange(client: Client, asked: Exchange): Promise<HttpAnswer> {
  const { request, signal, maxAnswer } = asked;
  return new Promise((resolve, reject) => {
    const body = outgoing(request);
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let interim = 0;
    let headers: Record<string, string> = {};
    let size = 0;
    const pieces: Buffer[] = [];
    let over = false;

    const finish = (act: () => void): void => {
      if (over) return;
      over = true;
      signal.removeEventListener('abort', aborted);
      act();
    };
    const fail = (error: unknown): void => finish(() => reject(failureOf(error, body.sent())));
    const aborted = (): void => {
      fail(signal.reason);
      controller?.abort(new Error('left'));
    };

    signal.addEventListener('abort', aborted);
    client.dispatch(
      { path: asked.path, method: request.method, headers: body.headers, body: body.content },
      {
        onRequestStart(started) {
          controller = started;
          if (over) return started.abort(new Error('left'));
          asked.progress('asking');
          body.start();
        },
        onResponseStart(_controller, code, fields) {
          asked.progress('answering');
          if (code < 200) {
            interim += 1;
            if (interim <= MOST_INTERIM) return;
            fail(new HttpFailure('ETOOLARGE', 'answers without an end', true));
            controller?.abort(new Error('left'));
            return;
          }
          status = code;
          headers = joined(fields);
        },
        onResponseData(_controller, chunk) {
          size += chunk.length;
          if (size <= maxAnswer) {
            pieces.push(Buffer.from(chunk));
            return;
          }
          pieces.length = 0;
          fail(new HttpFailure('ETOOLARGE', `answered with more than ${maxAnswer} bytes`, true));
          controller?.abort(new Error('left'));
        },
        onResponseEnd() {
          finish(() => resolve({ status, headers, body: Buffer.concat(pieces) }));
        },
        onResponseError(_controller, error) {
          fail(body.trouble() ?? error);
        },
      },
    );
    if (signal.aborted) aborted();
  });
}

interface Outgoing {
  readonly headers: Record<string, string>;
  readonly content: Readable | null;
  start(): void;
  /** Whether the last byte may have left. */
  sent(): boolean;
  /** Why the content could not be read to its end. */
  trouble(): HttpFailure | undefined;
}

function outgoing({ headers = {}, body, method }: HttpRequest): Outgoing {
  const inMemory =
    typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined;
  const streamed = typeof body === 'string' || body instanceof Uint8Array ? undefined : body;
  const fields: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = value;
  const expected = inMemory?.length ?? lengthIn(fields['content-length']);
  if (inMemory !== undefined && (inMemory.length > 0 || method !== 'GET')) {
    fields['content-length'] = String(inMemory.length);
  }
  const source = inMemory !== undefined && inMemory.length > 0 ? inPieces(inMemory) : streamed;
  let sent = false;
  let trouble: HttpFailure | undefined;

  async function* content(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = chunks[Symbol.asyncIterator]();
    let length = 0;
    try {
      for (;;) {
        const next = await iterator.next().catch(unreadable);
        if (next.done === true) break;
        length += next.value.length;
        if (expected !== undefined && length >= expected) sent = true;
        yield next.value;
      }
      sent = true;
    } finally {
      await iterator.return?.();
    }
  }
  const unreadable = (error: unknown): never => {
    trouble = new HttpFailure('EBODY', 'is not asked: the content could not be read', false, error);
    throw trouble;
  };

  return {
    headers: fields,
    // Nothing is read ahead, so that what was pulled is what was handed over.
    content: source === undefined ? null : Readable.from(content(source), { highWaterMark: 0 }),
    start() {
      if (source === undefined) sent = true;
    },
    sent: () => sent,
    trouble: () => trouble,
  };
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}

function lengthIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function joined(fields: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
