/**
 * An HTTPS server that repeats in its answers whatever it was sent, in one form after the other: as token endpoint, as API of
 * a mail provider and as Vault. Below `/good/` it gives tokens.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeAuthority } from './certificates.ts';

export interface EchoingServer {
  readonly port: number;
  readonly url: string;
  readonly certificateAuthority: string;
  /** Everything that it was sent, as it came and decoded. */
  heard(): string;
  requests(): number;
  close(): Promise<void>;
}

type Answer = readonly [status: number, headers: Readonly<Record<string, string>>, body: object | string];

const TOKEN_ANSWERS: readonly ((words: string) => Answer)[] = [
  (words) => [401, {}, { error: 'invalid_client', error_description: `AADSTS7000215: wrong: ${words}` }],
  (words) => [400, {}, { error: 'invalid_request', error_description: words, error_uri: words }],
  (words) => [400, {}, { error: words, error_description: words }],
  (words) => [400, {}, { error: { status: words, message: words, code: 400 } }],
  (words) => [401, {}, `<html><title>${words}</title><body>${words}</body></html>`],
  (words) => [500, {}, words],
  (words) => [200, {}, { note: words }],
  (words) => [200, {}, { access_token: '', token_type: words, scope: words }],
  (words) => [200, {}, `no JSON: ${words}`],
  (words) => [302, { Location: `https://localhost/?${encodeURIComponent(words).slice(0, 4000)}` }, words],
  (words) => [400, {}, { error: 'invalid_grant', error_description: words, suberror: words }],
];

const API_ANSWERS: readonly ((words: string) => Answer)[] = [
  (words) => [403, {}, { error: { code: 'ErrorAccessDenied', message: words }, errors: [words] }],
  (words) => [400, {}, { error: { code: words, message: words, status: words }, errors: [words] }],
  (words) => [500, {}, words],
  (words) => [200, { 'X-Words': 'none' }, words],
  (words) => [401, {}, { error: { code: 'InvalidAuthenticationToken', message: words }, errors: [words] }],
];

export const ECHOES = TOKEN_ANSWERS.length;

/** `tokens`: what it gives below `/good/`. */
export async function startEchoingServer(tokens: {
  readonly access: string;
  readonly refresh: string;
}): Promise<EchoingServer> {
  const authority = await makeAuthority('Echoing server');
  const { chain, key } = await authority.issue({
    hosts: ['localhost', '127.0.0.1', 'login.planted.example', 'mail.planted.example'],
  });
  const heard: string[] = [];
  const asked = new Map<string, number>();
  let requests = 0;

  function answerTo(path: string, words: string): Answer {
    if (path.startsWith('/good/')) {
      const { access, refresh } = tokens;
      return [
        200,
        {},
        { access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: 3600 },
      ];
    }
    const count = asked.get(path) ?? 0;
    asked.set(path, count + 1);
    const answers = path.includes('/token') ? TOKEN_ANSWERS : API_ANSWERS;
    return answers[count % answers.length]?.(words) ?? [500, {}, words];
  }

  function answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    requests += 1;
    const words = wordsOf(request, body);
    heard.push(request.url ?? '', words);
    const [status, headers, sent] = answerTo(request.url ?? '', words);
    const type = typeof sent === 'string' ? 'text/html' : 'application/json';
    response.writeHead(status, { 'Content-Type': type, ...headers });
    response.end(typeof sent === 'string' ? sent : JSON.stringify(sent));
  }

  const server = createServer({ cert: chain, key }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => answer(request, Buffer.concat(pieces).toString(), response));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://localhost:${port}`,
    certificateAuthority: authority.certificate,
    heard: () => heard.join('\n'),
    requests: () => requests,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The values of a form, then the credentials, then everything as it came. */
function wordsOf({ headers }: IncomingMessage, body: string): string {
  const authorization = headers.authorization ?? '';
  const [, basic] = /^Basic (\S+)$/i.exec(authorization) ?? [];
  const form = body.startsWith('{') ? [body] : [...new URLSearchParams(body).values()];
  return [
    ...form,
    ...(basic === undefined ? [] : decoded(Buffer.from(basic, 'base64').toString())),
    authorization,
    String(headers['x-vault-token'] ?? ''),
    body,
  ].join(' ');
}

/** As it came, and decoded as strictly and as sloppily as servers do it (RFC 6749 section 2.3.1 has it form-encoded). */
function decoded(text: string): string[] {
  return [text, decodeURIComponent(text), decodeURIComponent(text.replaceAll('+', ' '))];
}
