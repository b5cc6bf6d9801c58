/**
 * Stands between Postern and the simulator's token endpoint, over TLS, and passes everything on as it came. Tells of each
 * request when it has come, and of each answer in the moment in which its last byte was handed to the system, so that a test
 * can end a process just there.
 */
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { makeAuthority } from './certificates.ts';
import { webCall } from './simulator-client.ts';

export interface PassedRequest {
  readonly form: URLSearchParams;
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface TokenTrap {
  /** In place of the simulator's. */
  readonly tokenEndpoint: string;
  /** PEM to trust. */
  readonly certificateAuthority: string;
  /** Everything that was passed on, with its answer. */
  readonly passed: readonly PassedRequest[];
  /** Requests that have come. */
  asked(): number;
  /** Called with a request before it is passed on; false: it is dropped without an answer. */
  onAsked: ((form: URLSearchParams) => boolean | Promise<boolean>) | undefined;
  /** Called when the last byte of an answer has gone. */
  onAnswered: ((passed: PassedRequest) => void) | undefined;
  close(): Promise<void>;
}

export async function startTokenTrap(
  simulator: Simulator,
  provider: 'microsoft' | 'google' = 'microsoft',
): Promise<TokenTrap> {
  const authority = await makeAuthority('Token trap');
  const { chain, key } = await authority.issue();
  const { tokenEndpoint } = simulator[provider];
  const passed: PassedRequest[] = [];
  let asked = 0;
  const server = createServer({ cert: chain, key }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' };
      if (request.headers.authorization !== undefined)
        headers['Authorization'] = request.headers.authorization;
      pass(body, headers, response).catch(() => response.destroy());
    });
  });

  async function pass(
    body: string,
    headers: Readonly<Record<string, string>>,
    response: ServerResponse,
  ): Promise<void> {
    asked += 1;
    const form = new URLSearchParams(body);
    if ((await trap.onAsked?.(form)) === false) {
      response.destroy();
      return;
    }
    const { status, text, json } = await webCall(simulator, tokenEndpoint, { method: 'POST', body, headers });
    const one = { form, status, json };
    passed.push(one);
    response.on('finish', () => trap.onAnswered?.(one));
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const trap: TokenTrap = {
    tokenEndpoint: `https://localhost:${port}${new URL(tokenEndpoint).pathname}`,
    certificateAuthority: authority.certificate,
    passed,
    asked: () => asked,
    onAsked: undefined,
    onAnswered: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return trap;
}
