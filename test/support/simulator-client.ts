/** Talks to a simulator by plain HTTPS and raw SMTP, as an application would that has no library. */

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { SmtpClient } from './smtp-client.ts';

export interface WebAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; empty where it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface WebCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
}

/** One request; redirects are not followed. Rejects when the connection breaks. */
export function webCall(
  simulator: Pick<Simulator, 'certificateAuthority'>,
  url: string,
  call: WebCall = {},
): Promise<WebAnswer> {
  const [body, type] =
    call.form !== undefined
      ? [new URLSearchParams(call.form).toString(), 'application/x-www-form-urlencoded']
      : call.json !== undefined
        ? [JSON.stringify(call.json), 'application/json']
        : [call.body, undefined];
  const options = {
    method: call.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(type === undefined ? {} : { 'Content-Type': type }),
      ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
      ...call.headers,
    },
    agent: false as const,
    timeout: 10_000,
  };
  return new Promise((resolve, reject) => {
    const secure = url.startsWith('https:');
    const request = secure
      ? requestHttps(url, { ...options, ca: simulator.certificateAuthority })
      : requestHttp(url, options);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`No answer from ${url}`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** A text of the JSON that was answered; fails where it is none. */
export function textOf(answer: WebAnswer, name: string): string {
  const value = answer.json[name];
  if (typeof value !== 'string') throw new Error(`No ${name} in ${answer.status} ${answer.text}`);
  return value;
}

/** An access token of the application itself. */
export async function applicationToken(
  simulator: Simulator,
  scope = 'https://outlook.office365.com/.default',
): Promise<string> {
  const { clientId, clientSecret, tokenEndpoint } = simulator.microsoft;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
  return textOf(await webCall(simulator, tokenEndpoint, { form }), 'access_token');
}

/** What XOAUTH2 sends. */
export function xoauth2(user: string, token: string): string {
  return Buffer.from(`user=${user}\u0001auth=Bearer ${token}\u0001\u0001`).toString('base64');
}

/** A connection behind STARTTLS and EHLO. */
export async function secureClient(
  simulator: Simulator,
  provider: 'microsoft' | 'google' = 'microsoft',
): Promise<SmtpClient> {
  const client = await SmtpClient.ready(simulator[provider].smtp.port, { deadline: 10_000 });
  await client.ask('STARTTLS');
  await client.upgrade({
    ca: simulator.certificateAuthority,
    servername: 'localhost',
    rejectUnauthorized: true,
  });
  await client.ask('EHLO device.example');
  return client;
}

/** A connection that is signed in; throws with the reply where it is not. */
export async function signedInClient(
  simulator: Simulator,
  token: string,
  user = 'relay@example.com',
  provider: 'microsoft' | 'google' = 'microsoft',
): Promise<SmtpClient> {
  const client = await secureClient(simulator, provider);
  const reply = await client.ask(`AUTH XOAUTH2 ${xoauth2(user, token)}`);
  if (reply.code !== 235) throw new Error(reply.text);
  return client;
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Fills in the forms at a consent address as a person would; answers where the browser is sent then, or the last page. */
export async function consentAt(
  simulator: Simulator,
  address: string,
  person: { readonly email?: string; readonly password?: string; readonly decision?: 'accept' | 'deny' } = {},
): Promise<{ readonly location: URL | undefined; readonly page: string }> {
  const { account } = simulator.microsoft;
  const first = await webCall(simulator, address);
  if (first.status !== 200) return { location: locationOf(first), page: first.text };
  const second = await submit(simulator, address, first.text, {
    email: person.email ?? account.email,
    password: person.password ?? account.password,
    action: 'next',
  });
  if (second.status !== 200 || !second.text.includes('name="decision"')) {
    return { location: locationOf(second), page: second.text };
  }
  const last = await submit(simulator, address, second.text, { decision: person.decision ?? 'accept' });
  return { location: locationOf(last), page: last.text };
}

/** Sends the form of a page with its hidden session and these fields. */
export function submit(
  simulator: Simulator,
  base: string,
  page: string,
  fields: Readonly<Record<string, string>>,
): Promise<WebAnswer> {
  const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1];
  if (action === undefined) throw new Error(`No form in ${page}`);
  const session = /name="session" value="([^"]+)"/.exec(page)?.[1];
  const form = { ...fields, ...(session === undefined ? {} : { session }) };
  return webCall(simulator, new URL(action, base).href, { form });
}

function locationOf({ headers }: WebAnswer): URL | undefined {
  const { location } = headers;
  return typeof location === 'string' ? new URL(location) : undefined;
}

/** What a token in the form of a JSON Web Token says. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return jsonOf(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
