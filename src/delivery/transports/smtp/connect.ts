import type { Socket } from 'node:net';
import type { Dial } from '../../../network/dial.ts';
import type { TokenSource } from '../../../oauth/token-source.ts';
import type { SmtpUpstreamSettings } from '../../../settings/schema-upstreams.ts';
import type { SettingsSource } from '../../../settings/source.ts';
import type { Clock } from '../../../shared/clock.ts';
import { errorCode, errorText } from '../../../shared/errors.ts';
import { classificationContext } from '../../account.ts';
import { classifyReply, type RecipientVerdict, type Stage, type Verdict } from '../../classify.ts';
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
  readonly tokens: TokenSource;
  readonly hostname: () => string;
  readonly tls: UpstreamTls;
  readonly dial: Dial;
  readonly clock: Clock;
  /** Told whenever a connection comes a step further; for whoever wants to know where it ends. */
  readonly onStep?: ((step: ConnectionStep, connection: UpstreamConnection) => void) | undefined;
}

/**
 * No connection: a fact about the upstream, or (too many connections) one that only makes messages wait. `refusedMailbox`: somebody said
 * no to this mailbox, and nothing else was amiss.
 */
export type NoConnection =
  | (Unavailable & { readonly refusedMailbox?: true })
  | { readonly kind: 'crowded'; readonly reply: Reply; readonly verdict: RecipientVerdict };

/** Dials and encrypts; nobody is signed in yet. Never throws for what the network or the server does. */
export async function connect(
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

/** What a connection that was lost before it could be used says about the upstream. */
export function lostOutcome(access: SmtpAccess, connection: UpstreamConnection): NoConnection {
  const { lost } = connection;
  if (lost === undefined) return classifyConnection(targetOf(access), undefined, 'closed the connection');
  const stage = stageOf(lost.step);
  if (lost.reply && stage) {
    return refusalOutcome(
      classifyReply(stage, lost.reply, classificationContext(access.upstream)),
      lost.reply,
    );
  }
  return classifyConnection(targetOf(access), lost.code, lost.text);
}

/** The upstream does not offer what the settings want. */
export function notOffered(access: SmtpAccess, connection: UpstreamConnection, wanted: string): Unavailable {
  const { upstream } = access;
  const offered = connection.mechanisms.join(', ') || 'none that Postern knows';
  void connection.leave(upstream.timeout.connect);
  return {
    kind: 'unavailable',
    reason: 'authentication',
    text: `${upstream.host} does not offer the way of signing in that is wanted (wanted: ${wanted}; offered: ${offered}).`,
    remedy: `Set authentication.method of the upstream ${upstream.name} to auto; check host, port and security too: many servers offer AUTH only on port 587 and only over TLS.`,
  };
}

function stageOf(step: string): Stage | undefined {
  return step === 'greeting' || step === 'ehlo' || step === 'starttls' || step === 'auth' ? step : undefined;
}

/** A verdict with the server's words. `also` goes behind them. */
export function refusalOutcome(verdict: Verdict, reply: Reply, also = ''): NoConnection {
  if (verdict.kind !== 'unavailable') return { kind: 'crowded', reply, verdict };
  const { credentialsFine: _, ...unavailable } = verdict;
  return { ...unavailable, text: `${verdict.text} It said: ${replyText(reply)}${also}`, reply };
}

function targetOf(access: SmtpAccess) {
  const { name, host, port, security } = access.upstream;
  return { upstream: name, host, port, startTls: security === 'starttls' };
}
