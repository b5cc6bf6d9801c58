/**
 * The Express app: a request passes the host check, its route's authentication, the reading of its body and the handler,
 * in this order, so that a stranger costs next to nothing. Every failure ends in errors.ts. Answers are never cached.
 */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { type Caller, NOBODY } from '../access/caller.ts';
import { RelayError } from '../shared/errors.ts';
import type { NetworkList } from '../shared/network-list.ts';
import { createAuthentication } from './authentication.ts';
import { authorize } from './authorization.ts';
import { requireHost } from './broken-requests.ts';
import { errorAnswer, HttpError } from './errors.ts';
import { type Origin, originOf } from './forwarded.ts';
import { checkHost } from './host-check.ts';
import type { RawCall, RecordCall, Reply, Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import type { AdminServices } from './services.ts';

/** Bytes of a request's body, and of one that anybody may send. */
const MAX_BODY = 1024 * 1024;
const MAX_PUBLIC_BODY = 16 * 1024;

export function createAdminApp(options: {
  readonly routes: readonly Route[];
  readonly services: Pick<AdminServices, 'access' | 'tokens' | 'clock' | 'log' | 'audit'>;
  /** Host names of ours, beside localhost and addresses; asked at every request. */
  readonly hostNames: () => readonly string[];
  /** The proxies in front whose word is believed; absent where there are none. */
  readonly trustedProxies?: NetworkList;
  /** The admin itself speaks https. */
  readonly ownTls?: boolean;
}): Express {
  const { routes, services, hostNames, trustedProxies, ownTls = false } = options;
  const authentication = createAuthentication(services);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');

  /** Where each request comes from, as far as it is believed. */
  const origins = new WeakMap<Request, Origin>();
  const from = (request: Request): Origin =>
    origins.get(request) ?? { address: '', secure: false, host: undefined };

  app.use(securityHeaders({ ownTls }));
  app.use((request, _response, next) => {
    const origin = originOf(
      {
        path: request.path,
        remote: request.socket.remoteAddress ?? '',
        encrypted: 'encrypted' in request.socket,
        host: request.get('host'),
        forwardedFor: request.get('x-forwarded-for'),
        forwardedProto: request.get('x-forwarded-proto'),
        forwardedHost: request.get('x-forwarded-host'),
      },
      trustedProxies,
    );
    origins.set(request, origin);
    requireHost(request);
    checkHost(
      {
        method: request.method,
        path: request.path,
        host: request.get('host'),
        askedHost: origin.host,
        secure: origin.secure,
        origin: request.get('origin'),
        site: request.get('sec-fetch-site'),
        mode: request.get('sec-fetch-mode'),
        destination: request.get('sec-fetch-dest'),
      },
      hostNames(),
    );
    next();
  });
  /** Who calls, proved before anything of the body is read. */
  const callers = new WeakMap<Request, Caller>();
  async function callerOf(route: Route, request: Request): Promise<Caller> {
    if (route.access === 'public') return NOBODY;
    const caller = await authentication.caller({
      method: request.method,
      authorization: request.get('authorization'),
      cookie: request.get('cookie'),
      saidName: request.get('postern-by'),
      background: request.get('postern-background') !== undefined || asksForEvents(request),
      origin: request.get('origin'),
      site: request.get('sec-fetch-site'),
      address: from(request).address,
      secure: from(request).secure,
    });
    authorize(route, caller);
    return caller;
  }

  /** Express takes no body for an empty mapping, which would be a whole settings document. */
  const emptyBodies = new WeakSet<IncomingMessage>();
  const jsonReader = (limit: number) =>
    express.json({
      limit,
      inflate: false,
      strict: false,
      type: 'application/json',
      verify: (request, _response, bytes) => {
        if (bytes.length === 0) emptyBodies.add(request);
      },
    });
  const [readJson, readPublicJson] = [jsonReader(MAX_BODY), jsonReader(MAX_PUBLIC_BODY)];
  for (const route of routes) {
    app[route.method](
      route.path,
      async (request, _response, next) => {
        const caller = await callerOf(route, request);
        callers.set(request, caller);
        requireJson(request);
        next();
      },
      route.access === 'public' ? readPublicJson : readJson,
      (request, _response, next) => {
        if (emptyBodies.has(request)) request.body = undefined;
        next();
      },
      async (request, response) =>
        answerCall(route, request, response, callers.get(request) ?? NOBODY, from(request), services),
    );
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    app.all(path, () => {
      throw new HttpError(405, 'bad-request', `This address takes ${methods.join(', ')} only.`, {
        headers: { Allow: methods.join(', ') },
      });
    });
  }
  const page = routes.find(({ path }) => path === '/');
  app.use(async (request, response) => {
    if (page === undefined || !looksForPage(request)) {
      throw new RelayError('not-found', 'There is nothing at this address.');
    }
    const handle: Route['handle'] = async (...call) => ({ status: 404, ...(await page.handle(...call)) });
    await answerCall({ ...page, handle }, request, response, NOBODY, from(request), services);
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    sendError(error, request, response, services);
  });
  return app;
}

/** A body has to say that it is JSON: what a form of another page can send does not. */
function requireJson(request: Request): void {
  const empty =
    (request.get('content-length') ?? '0') === '0' && request.get('transfer-encoding') === undefined;
  if (empty || request.is('application/json') !== false) return;
  throw new HttpError(415, 'bad-request', 'The request has to be sent as application/json.');
}

async function answerCall(
  route: Route,
  request: Request,
  response: Response,
  caller: Caller,
  { address, secure }: Origin,
  services: Pick<AdminServices, 'clock' | 'log' | 'audit'>,
): Promise<void> {
  const { clock } = services;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const call: RawCall = {
    params: request.params,
    query: request.query,
    body: request.body,
    by: caller.name,
    caller,
    ifMatch: request.get('if-match'),
    acceptEncoding: request.get('accept-encoding'),
    cookie: request.get('cookie'),
    agent: request.get('user-agent') ?? '',
    address,
    secure,
    signal: gone.signal,
  };
  const late = Promise.withResolvers<never>();
  const timer = clock.after(route.deadline, () =>
    late.reject(new RelayError('overloaded', 'This took too long and was given up; it may still be done.')),
  );
  const handling = route.handle(call, (note) => recordCall(note, call, services));
  try {
    await send(await Promise.race([handling, late.promise]), request, response);
  } catch (error) {
    // What comes after all has nobody to read it.
    void handling.then(discard).catch(() => undefined);
    throw error;
  } finally {
    timer.cancel();
  }
}

/** The change is made: a note of it that cannot be made is an error in the log, and the caller hears of the change all the same. */
async function recordCall(
  note: Parameters<RecordCall>[0],
  { caller, address }: Pick<RawCall, 'caller' | 'address'>,
  { audit, log }: Pick<AdminServices, 'audit' | 'log'>,
): Promise<void> {
  if (audit === undefined) return;
  try {
    const made = await note();
    if (made !== undefined) await audit.record({ caller, address, ...made });
  } catch (error) {
    log.error({ by: caller.name, address, error }, 'What was changed could not be recorded');
  }
}

async function discard(reply: Reply): Promise<void> {
  await reply.discard?.();
}

async function send(reply: Reply, request: Request, response: Response): Promise<void> {
  response.status(reply.status ?? 200);
  response.set(reply.headers ?? {});
  if (reply.chunks !== undefined) {
    if (request.method === 'HEAD' || response.destroyed) {
      await reply.discard?.();
      response.end();
      return;
    }
    await pipeline(reply.chunks, response, reply.cut === undefined ? {} : { signal: reply.cut });
  } else if (reply.text === undefined) {
    response.json(reply.json);
  } else {
    response.end(reply.text);
  }
}

/** A person who went to an address, in a browser: the page says in their language that there is nothing. Programs get JSON. */
function looksForPage({ method, path, headers }: Request): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return !/^\/(?:api|assets)(?:\/|$)/.test(path) && (headers.accept?.includes('text/html') ?? false);
}

/** A stream of events stays open whether or not somebody looks at the page. */
function asksForEvents(request: Request): boolean {
  return request.get('accept')?.includes('text/event-stream') ?? false;
}

function sendError(
  error: unknown,
  request: Request,
  response: Response,
  { log }: Pick<AdminServices, 'log'>,
): void {
  const { status, headers, body } = errorAnswer(error);
  if (response.headersSent || response.destroyed) {
    // The answer was under way: cutting the connection is the only way left to say that it is not whole.
    log.debug({ method: request.method, path: request.path, error }, 'An admin answer was cut off');
    response.destroy();
    return;
  }
  if (status === 500) {
    log.error({ method: request.method, path: request.path, error }, 'An admin request failed');
  }
  // What was not read of the request must not be taken for the next one.
  if (!request.complete) response.set('Connection', 'close');
  for (const name of ['Content-Length', 'Content-Disposition', 'Content-Type', 'ETag'])
    response.removeHeader(name);
  response.status(status).set(headers).json(body);
}
