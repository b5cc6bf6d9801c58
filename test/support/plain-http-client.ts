/** HttpClient over plain http on this machine, with nothing but what the interface promises. */
import { request } from 'node:http';
import { type HttpAnswer, type HttpClient, HttpFailure, type HttpRequest } from '../../src/shared/http.ts';

export const plainHttpClient: HttpClient = { send };

async function send(asked: HttpRequest): Promise<HttpAnswer> {
  let sent = false;
  let fault: unknown;
  const signals = [AbortSignal.timeout(asked.timeout), ...(asked.signal ? [asked.signal] : [])];
  const signal = AbortSignal.any(signals);
  return await new Promise<HttpAnswer>((resolve, reject) => {
    const outgoing = request(asked.url, {
      method: asked.method,
      headers: { ...asked.headers },
      signal,
      agent: false,
    });
    const fail = (error: unknown): void => {
      if (fault !== undefined) return reject(fault);
      const code = asked.signal?.aborted ? 'ABORTED' : signal.aborted ? 'ETIMEDOUT' : codeOf(error);
      reject(new HttpFailure(code, `failed (${code})`, sent, error));
    };
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      const pieces: Buffer[] = [];
      let size = 0;
      incoming.on('data', (piece: Buffer) => {
        pieces.push(piece);
        size += piece.length;
        if (size <= (asked.maxAnswer ?? 1_048_576)) return;
        reject(new HttpFailure('ETOOLARGE', 'answered too much', sent));
        outgoing.destroy();
      });
      incoming.on('error', fail);
      incoming.on('end', () => {
        const headers: Record<string, string> = {};
        for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
        resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(pieces) });
      });
    });
    const write = async (): Promise<void> => {
      if (asked.body !== undefined && typeof asked.body !== 'string' && !(asked.body instanceof Uint8Array)) {
        for await (const piece of asked.body) {
          if (outgoing.destroyed) return;
          if (!outgoing.write(piece)) await drained(outgoing);
        }
      } else if (asked.body !== undefined) outgoing.write(asked.body);
      outgoing.end();
      sent = true;
    };
    write().catch((error: unknown) => {
      fault = error;
      outgoing.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const name of ['drain', 'close', 'error']) stream.removeListener(name, done);
      resolve();
    };
    for (const name of ['drain', 'close', 'error']) stream.once(name, done);
  });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'EUNKNOWN';
}
