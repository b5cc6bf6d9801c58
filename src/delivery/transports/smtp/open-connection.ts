import type { Socket } from 'node:net';
import type { Dial } from '../../../network/dial.ts';
import type { SmtpUpstreamSettings } from '../../../settings/schema-upstreams.ts';
import type { SettingsSource } from '../../../settings/source.ts';
import type { Clock } from '../../../shared/clock.ts';
import { errorCode, errorText, RelayError } from '../../../shared/errors.ts';
import { classifyReply, type RecipientVerdict, type Stage } from '../../classify.ts';
import { classifyConnection } from '../../classify-connection.ts';
import type { Reply, Unavailable } from '../../outcome.ts';
import { UpstreamConnection } from './connection.ts';
import type { ConnectionStep } from './connection-loss.ts';
import { replyText } from './parse-reply.ts';
import type { UpstreamTls } from './tls-options.ts';

/** What is needed to reach one SMTP upstream. */
export interface SmtpAccess {
  readonly upstream: SmtpUpstreamSettings;
  readonly reveal: SettingsSource['reveal'];
  readonly hostname: () => string;
  readonly tls: UpstreamTls;
  readonly dial: Dial;
  readonly clock: Clock;
  /** Told whenever a connection comes a step further; for whoever wants to know where it ends. */
  readonly onStep?: ((step: ConnectionStep) => void) | undefined;
}

/** No connection: a fact about the upstream, or (too many connections) one that only makes messages wait. */
export type NoConnection =
  | Unavailable
  | { readonly kind: 'crowded'; readonly reply: Reply; readonly verdict: RecipientVerdict };

/** Dials, encrypts and signs in. Never throws for what the network or the server does. */
export async function openConnection(
  access: SmtpAccess,
  signal: AbortSignal,
): Promise<UpstreamConnection | NoConnection> {
  const first = await tryOnce(access, signal, undefined);
  if (!('refusedPassword' in first)) return first;
  // The password may have been changed elsewhere while we used it: read it again, and try once with the new one.
  const second = await tryOnce(access, signal, first);
  return 'refusedPassword' in second ? second.outcome : second;
}

interface RefusedPassword {
  readonly refusedPassword: string;
  readonly outcome: NoConnection;
}

async function tryOnce(
  access: SmtpAccess,
  signal: AbortSignal,
  refused: RefusedPassword | undefined,
): Promise<UpstreamConnection | NoConnection | RefusedPassword> {
  const { authentication } = access.upstream;
  if (authentication.type === 'oauth2') {
    return {
      kind: 'unavailable',
      reason: 'configuration',
      text: 'This version cannot sign in over OAuth 2.0 at an SMTP server.',
    };
  }
  if (authentication.type === 'none') return await connected(access, signal);
  let password: string;
  try {
    password = (await access.reveal(authentication.password)).reveal();
  } catch (error) {
    return {
      kind: 'unavailable',
      reason: 'configuration',
      text: `The password of ${access.upstream.name} cannot be read: ${error instanceof RelayError ? error.publicMessage : 'its source failed'}`,
      remedy:
        error instanceof RelayError && error.hint
          ? error.hint
          : `Check authentication.password of the upstream ${access.upstream.name}.`,
    };
  }
  if (password === refused?.refusedPassword) return refused;
  const connection = await connected(access, signal);
  if (!(connection instanceof UpstreamConnection)) return connection;
  return await signedIn(access, connection, authentication, password);
}

async function connected(
  access: SmtpAccess,
  signal: AbortSignal,
): Promise<UpstreamConnection | NoConnection> {
  const { upstream, clock } = access;
  const socket = await dialled(access, signal);
  if ('kind' in socket) return socket;
  const connection = new UpstreamConnection({
    socket,
    security: upstream.security,
    hostname: access.hostname(),
    tls: upstream.security === 'none' ? {} : access.tls.options(),
    checkPeer: (secured) => access.tls.checkPeer(secured),
    connectTimeout: upstream.timeout.connect,
    commandTimeout: upstream.timeout.command,
    clock,
    onStep: access.onStep,
  });
  const abort = (): void => connection.giveUp('was left because Postern stops');
  signal.addEventListener('abort', abort);
  const open = await connection.open();
  signal.removeEventListener('abort', abort);
  if (!open) return lostOutcome(access, connection);
  if (upstream.security !== 'none' && !connection.secure) {
    // Cannot happen while the library keeps its word; the password is worth the second look.
    connection.giveUp('stayed unencrypted');
    return lostOutcome(access, connection);
  }
  return connection;
}

async function dialled(access: SmtpAccess, signal: AbortSignal): Promise<Socket | Unavailable> {
  const { upstream, clock } = access;
  const deadline = new AbortController();
  const timer = clock.after(upstream.timeout.connect, () => deadline.abort());
  try {
    return await access.dial(upstream.host, upstream.port, AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    const code = deadline.signal.aborted ? 'ETIMEDOUT' : signal.aborted ? undefined : errorCode(error);
    const text = signal.aborted
      ? 'was left because Postern stops'
      : `cannot be reached (${errorText(error)})`;
    return classifyConnection(targetOf(access), code, text);
  } finally {
    timer.cancel();
  }
}

async function signedIn(
  access: SmtpAccess,
  connection: UpstreamConnection,
  authentication: { readonly user: string; readonly method: string },
  password: string,
): Promise<UpstreamConnection | NoConnection | RefusedPassword> {
  const method = chooseMethod(authentication.method, connection.mechanisms, connection.secure);
  if (method === undefined) {
    const offered = connection.mechanisms.join(', ') || 'none that Postern knows';
    void connection.leave(access.upstream.timeout.connect);
    return {
      kind: 'unavailable',
      reason: 'authentication',
      text: `${access.upstream.host} does not offer the way of signing in that is wanted (wanted: ${authentication.method}; offered: ${offered}).`,
      remedy: `Set authentication.method of the upstream ${access.upstream.name} to auto; check host, port and security too: many servers offer AUTH only on port 587 and only over TLS.`,
    };
  }
  const refusal = await connection.signIn(authentication.user, password, method);
  if (connection.lost && refusal === undefined) return lostOutcome(access, connection);
  if (refusal === undefined) return connection;
  void connection.leave(access.upstream.timeout.connect);
  const outcome = verdictOutcome(access, 'auth', refusal);
  return outcome.kind === 'unavailable' && outcome.reason === 'authentication' && refusal.code === 535
    ? { refusedPassword: password, outcome }
    : outcome;
}

/** The best mechanism that both sides know: over TLS the simplest, without TLS the one that does not show the password. */
export function chooseMethod(
  wanted: string,
  offered: readonly string[],
  encrypted: boolean,
): string | undefined {
  const known = encrypted ? ['PLAIN', 'LOGIN', 'CRAM-MD5'] : ['CRAM-MD5', 'PLAIN', 'LOGIN'];
  if (wanted !== 'auto') return offered.includes(wanted) ? wanted : undefined;
  return known.find((method) => offered.includes(method));
}

function lostOutcome(access: SmtpAccess, connection: UpstreamConnection): NoConnection {
  const { lost } = connection;
  if (lost === undefined) return classifyConnection(targetOf(access), undefined, 'closed the connection');
  const stage = stageOf(lost.step);
  if (lost.reply && stage) return verdictOutcome(access, stage, lost.reply);
  return classifyConnection(targetOf(access), lost.code, lost.text);
}

function stageOf(step: string): Stage | undefined {
  return step === 'greeting' || step === 'ehlo' || step === 'starttls' || step === 'auth' ? step : undefined;
}

function verdictOutcome(access: SmtpAccess, stage: Stage, reply: Reply): NoConnection {
  const { upstream } = access;
  const user = upstream.authentication.type === 'password' ? upstream.authentication.user : undefined;
  const verdict = classifyReply(stage, reply, {
    upstream: upstream.name,
    host: upstream.host,
    ...(user === undefined ? {} : { user }),
  });
  if (verdict.kind !== 'unavailable') return { kind: 'crowded', reply, verdict };
  return { ...verdict, text: `${verdict.text} It said: ${replyText(reply)}`, reply };
}

function targetOf(access: SmtpAccess) {
  const { name, host, port } = access.upstream;
  return { upstream: name, host, port };
}
