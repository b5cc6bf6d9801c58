/*
 * Web servers of the simulator, on 127.0.0.1 only. What a request brings is bounded, and a server that is closed drops whoever is
 * still connected.
 */
import type { Server } from 'node:http';
import { createServer } from 'node:https';
import express, { type Express, type Request, type Response } from 'express';
import { systemClock } from '../shared/clock.ts';
import type { Authority } from './authority.ts';
import type { Answer } from './scenario.ts';
import type { World } from './world.ts';

export interface WebServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Bytes of a form. */
const MAX_FORM = 128 * 1024;

/** An app without the marks of Express; forms are read. */
export function createWebApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use((_request, response, next) => {
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    next();
  });
  app.use(express.urlencoded({ extended: false, limit: MAX_FORM, parameterLimit: 100 }));
  return app;
}

/** Serves it over TLS. Port 0 is any free one. */
export function serveApp(app: Express, { server }: Authority, port: number): Promise<WebServer> {
  return listen(createServer({ key: server.key, cert: server.certificate }, app), port);
}

/** Listens, and closes with all connections. */
export async function listen(server: Server, port: number): Promise<WebServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A field of a form or of the query; undefined where it is missing, empty or given twice (RFC 6749 section 3.1). */
export function field(source: unknown, name: string): string | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  const value: unknown = Reflect.get(source, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The bytes that were read by express.raw; empty where there are none. */
export function bytesOf(request: Request): Buffer {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** A part of the path. */
export function pathPart(request: Request, name: string): string {
  const value: unknown = request.params[name];
  return typeof value === 'string' ? value : '';
}

/** Plays what needs no words of the provider. False: go on as if nothing were. */
export async function playOverHttp(
  answer: Answer,
  { clock }: Pick<World, 'clock'>,
  request: Request,
  response: Response,
  mailbox = '',
): Promise<boolean> {
  if (answer.kind === 'slow') {
    await new Promise<void>((resolve) => systemClock.after(answer.milliseconds, resolve));
    return false;
  }
  if (answer.kind !== 'http') {
    // SMTP replies mean nothing here; a connection that breaks does.
    request.socket.destroy();
    return true;
  }
  const { status, headers = {}, body, retryDate } = answer;
  response.status(status).set(headers);
  if (retryDate !== undefined) {
    response.set('Retry-After', new Date(clock.now() + retryDate * 1000).toUTCString());
  }
  const retry = new Date(clock.now() + 60_000).toISOString();
  if (typeof body === 'string') response.type('html').send(body);
  else {
    const text = JSON.stringify(body).replaceAll('{mailbox}', mailbox.replaceAll(/["\\]/g, ''));
    response.type('json').send(text.replaceAll('{retry}', retry));
  }
  return true;
}
