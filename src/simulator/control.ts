/*
 * Calls for other processes: what is to go wrong, what was received, and what becomes void. Answers on this machine only, to requests
 * that name this machine as their Host, so that no page of a stranger reaches it through a name of its own (DNS rebinding); writes have
 * to be JSON, which a page cannot send unasked either.
 */
import { createServer } from 'node:http';
import express, { type ErrorRequestHandler, type Response } from 'express';
import { errorText } from '../shared/errors.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';
import type { TokenManners } from './access-tokens.ts';
import { isRecord } from './json-web-token.ts';
import { scenarios } from './scenarios.ts';
import type { Behaviour, Registration, SimulatedMessage, Simulator } from './simulator.ts';
import { listen, type WebServer } from './web.ts';

/** What control can do. */
export interface Controlled
  extends Pick<Simulator, 'behave' | 'reset' | 'register' | 'messages' | 'counters' | 'revoke'> {
  readonly manners: TokenManners;
  behaviours(): readonly Behaviour[];
}

const MAX_BODY = 256 * 1024;
const MAX_LISTED = 1000;
const MAX_MILLISECONDS = 24 * 3_600_000;
const MAX_TOKEN = 20_000;

class Refusal extends Error {}

/** Opens it on 127.0.0.1, without TLS. */
export function serveControl(controlled: Controlled, port: number): Promise<WebServer> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use((request, response, next) => {
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    const reading = request.method === 'GET';
    if (!isHere(request.get('host')) || (!reading && request.get('origin') !== undefined)) {
      response.status(403).json({ error: 'Ask for it as 127.0.0.1 or localhost, not from a page.' });
      return;
    }
    if (request.method === 'POST' && request.is('application/json') === false) {
      response.status(415).json({ error: 'Send JSON.' });
      return;
    }
    next();
  });
  app.use(express.json({ limit: MAX_BODY, inflate: false }));

  app.get('/scenarios', (_request, response) => {
    response.json({
      scenarios: scenarios.map(({ name, stage }) => ({ name, stage })),
      active: controlled.behaviours(),
    });
  });
  app.post('/scenarios', (request, response) => {
    controlled.behave(behaviourOf(request.body));
    response.status(201).json({ active: controlled.behaviours() });
  });
  app.delete('/scenarios', (_request, response) => {
    controlled.reset();
    response.status(204).end();
  });
  app.get('/messages', (request, response) => {
    const after = Number(request.query['after'] ?? 0);
    const all = controlled.messages();
    response.json({
      messages: all
        .slice(Number.isFinite(after) ? after : 0)
        .slice(0, MAX_LISTED)
        .map(shown),
    });
  });
  app.get('/counters', (_request, response) => {
    response.json(controlled.counters());
  });
  app.post('/revoke', (request, response) => {
    const what = given(request.body, 'what');
    if (what !== 'tokens' && what !== 'grants') throw new Refusal('what has to be tokens or grants');
    controlled.revoke(what);
    response.status(204).end();
  });
  app.post('/lifetime', (request, response) => {
    setManners(request.body, controlled.manners);
    response.json(controlled.manners);
  });
  app.post('/register', (request, response) => {
    controlled.register(registrationOf(request.body));
    response.status(204).end();
  });

  app.use(faults);
  return listen(createServer(app), port);
}

const faults: ErrorRequestHandler = (error: unknown, _request, response: Response, _next) => {
  response.status(400).json({ error: errorText(error) });
};

function isHere(host: string | undefined): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(host ?? '');
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  return name === 'localhost' || isLoopbackAddress(name);
}

function given(body: unknown, name: string): unknown {
  return isRecord(body) ? body[name] : undefined;
}

function textIn(body: unknown, name: string): string | undefined {
  const value = given(body, name);
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new Refusal(`${name} has to be a text`);
}

function numberIn(body: unknown, name: string, least: number, most: number): number | undefined {
  const value = given(body, name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Refusal(`${name} has to be a whole number from ${least} to ${most}`);
}

function behaviourOf(body: unknown): Behaviour {
  const scenario = textIn(body, 'scenario');
  if (scenario === undefined) throw new Refusal('scenario is missing; GET /scenarios lists them');
  const sender = textIn(body, 'sender');
  const recipient = textIn(body, 'recipient');
  const times = numberIn(body, 'times', 1, 1_000_000);
  return {
    scenario,
    ...(sender === undefined ? {} : { sender }),
    ...(recipient === undefined ? {} : { recipient }),
    ...(times === undefined ? {} : { times }),
  };
}

function setManners(body: unknown, manners: TokenManners): void {
  const lifetime = numberIn(body, 'lifetime', 1, MAX_MILLISECONDS);
  const length = numberIn(body, 'length', 0, MAX_TOKEN);
  const rotate = given(body, 'rotate');
  if (rotate !== undefined && typeof rotate !== 'boolean')
    throw new Refusal('rotate has to be true or false');
  manners.lifetime = lifetime ?? manners.lifetime;
  manners.length = length ?? manners.length;
  manners.rotate = rotate ?? manners.rotate;
}

function registrationOf(body: unknown): Registration {
  const mailbox = given(body, 'mailbox');
  const email = textIn(mailbox, 'email');
  if (mailbox !== undefined && email === undefined) throw new Refusal('mailbox.email is missing');
  const password = textIn(mailbox, 'password');
  const sendAs = given(mailbox, 'sendAs');
  const granted = given(mailbox, 'granted');
  const texts: Record<string, string> = {};
  for (const name of ['redirectUri', 'clientCertificate', 'clientSecret']) {
    const value = textIn(body, name);
    if (value !== undefined) texts[name] = value;
  }
  if (email === undefined) return texts;
  return {
    ...texts,
    mailbox: {
      email,
      ...(password === undefined ? {} : { password }),
      ...(Array.isArray(sendAs) ? { sendAs: sendAs.map(String) } : {}),
      ...(typeof granted === 'boolean' ? { granted } : {}),
    },
  };
}

function shown({ content, ...rest }: SimulatedMessage) {
  return { ...rest, size: content.length, content: content.toString('base64') };
}
