import type { UpstreamAuthentication } from '../../../settings/schema-upstreams.ts';
import { RelayError } from '../../../shared/errors.ts';
import { classificationContext } from '../../account.ts';
import { classifyReply } from '../../classify.ts';
import { choosePasswordMethod } from './choose-method.ts';
import {
  connect,
  lostOutcome,
  type NoConnection,
  notOffered,
  refusalOutcome,
  type SmtpAccess,
} from './connect.ts';
import { UpstreamConnection } from './connection.ts';

type PasswordAuthentication = Extract<UpstreamAuthentication, { type: 'password' }>;

/** A connection on which a user with a password is signed in. Never throws for what the network or the server does. */
export async function openWithPassword(
  access: SmtpAccess,
  authentication: PasswordAuthentication,
  signal: AbortSignal,
): Promise<UpstreamConnection | NoConnection> {
  const first = await tryOnce(access, authentication, signal, undefined);
  if (!('refusedPassword' in first)) return first;
  // The password may have been changed elsewhere while we used it: read it again, and try once with the new one.
  const second = await tryOnce(access, authentication, signal, first);
  return 'refusedPassword' in second ? second.outcome : second;
}

interface RefusedPassword {
  readonly refusedPassword: string;
  readonly outcome: NoConnection;
}

async function tryOnce(
  access: SmtpAccess,
  authentication: PasswordAuthentication,
  signal: AbortSignal,
  refused: RefusedPassword | undefined,
): Promise<UpstreamConnection | NoConnection | RefusedPassword> {
  let password: string;
  try {
    const fresh = refused !== undefined;
    password = (await access.reveal(authentication.password, { fresh })).reveal();
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
  const connection = await connect(access, signal);
  if (!(connection instanceof UpstreamConnection)) return connection;
  return await signedIn(access, connection, authentication, password);
}

async function signedIn(
  access: SmtpAccess,
  connection: UpstreamConnection,
  authentication: PasswordAuthentication,
  password: string,
): Promise<UpstreamConnection | NoConnection | RefusedPassword> {
  const method = choosePasswordMethod(authentication.method, connection.mechanisms, connection.secure);
  if (method === undefined) return notOffered(access, connection, authentication.method);
  const refusal = await connection.signIn(authentication.user, password, method);
  if (connection.lost && refusal === undefined) return lostOutcome(access, connection);
  if (refusal === undefined) return connection;
  void connection.leave(access.upstream.timeout.connect);
  const verdict = classifyReply('auth', refusal, classificationContext(access.upstream));
  const outcome = refusalOutcome(verdict, refusal);
  return outcome.kind === 'unavailable' && outcome.reason === 'authentication' && refusal.code === 535
    ? { refusedPassword: password, outcome }
    : outcome;
}
