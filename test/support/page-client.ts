/** A client of the admin that behaves like a browser: keeps cookies, and says which page asks. */
import { request as httpRequest } from 'node:http';

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly cookies: readonly string[];
  // Tests read whatever was answered.
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface PageClient {
  readonly cookies: Map<string, string>;
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PageAnswer>;
}

/** What an answer has under this name. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** A browser that knows nothing yet. */
export function pageClient(url: string, always: Readonly<Record<string, string>> = {}): PageClient {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async send(method, path, body, headers = {}) {
      const text = body === undefined ? '' : JSON.stringify(body);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await exchange(url + path, method, text, {
        Connection: 'close',
        'User-Agent': 'a browser of the tests',
        ...(method === 'GET' ? {} : { Origin: url }),
        ...(cookie === '' ? {} : { Cookie: cookie }),
        ...(text === ''
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(text)) }),
        ...always,
        ...headers,
      });
      for (const line of answer.cookies) keep(cookies, line);
      return answer;
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  if (/Max-Age=0(;|$)/.test(line)) cookies.delete(name);
  else cookies.set(name, pair.slice(at + 1));
}

function exchange(
  url: string,
  method: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<PageAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method, headers: Object.fromEntries(present(headers)) },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            cookies: response.headers['set-cookie'] ?? [],
            json: objectOf(text),
            text,
          });
        });
      },
    );
    request.setTimeout(10_000, () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end(body);
  });
}

/** An empty header is left out. */
function present(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers).filter(([, value]) => value !== '');
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
