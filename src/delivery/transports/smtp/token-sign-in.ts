import type { Reply } from '../../outcome.ts';
import type { TokenMechanism } from './choose-method.ts';
import type { UpstreamConnection } from './connection.ts';
import { showable } from './parse-reply.ts';

/** Where a token is shown; OAUTHBEARER names it, so that a token cannot be passed on to another server. */
export interface TokenTarget {
  readonly host: string;
  readonly port: number;
}

/** Longest command line that every server takes, with its end, in octets (RFC 5321 section 4.5.3.1.4). */
const LONGEST_LINE = 512;

/**
 * Signs in with a token: in one step where the line is short, in two where it is not. Resolves with the server's refusal and its
 * explanation, with `undefined` when it agreed, or with the connection's `lost` set. `patience`: longest wait for a reply, ms. In requests of
 * our own, since the library's way leaves no room for the explanation.
 */
export async function signInWithToken(
  connection: UpstreamConnection,
  mechanism: TokenMechanism,
  user: string,
  token: string,
  target: TokenTarget,
  patience: number,
): Promise<Reply | undefined> {
  const message = tokenMessage(mechanism, user, token, target);
  const line = authLine(mechanism, message);
  connection.step = 'auth';
  connection.mechanism = mechanism;
  connection.hidden = hiddenTokenForms(token, message);
  let reply = await ask(connection, line ?? `AUTH ${mechanism}`, patience);
  if (line === undefined && reply?.code === 334) reply = await ask(connection, message, patience);
  if (reply?.code === 334) reply = await explained(connection, mechanism, reply, patience);
  if (reply === undefined || reply.code >= 300) return reply;
  if (connection.lost === undefined) connection.step = 'ready';
  return undefined;
}

/** The server explains itself and waits for an answer before it refuses; both belong together. */
async function explained(
  connection: UpstreamConnection,
  mechanism: TokenMechanism,
  challenge: Reply,
  patience: number,
): Promise<Reply | undefined> {
  const text = explanation(challenge.text, connection.hidden);
  const final = await ask(connection, refusalAnswer(mechanism), patience);
  if (final === undefined) return text === '' ? undefined : { code: challenge.code, text };
  return final.code < 300 || text === '' ? final : { ...final, text: showable(`${final.text} ${text}`) };
}

async function ask(
  connection: UpstreamConnection,
  line: string,
  patience: number,
): Promise<Reply | undefined> {
  const replies: Reply[] = [];
  await connection.request([line], replies, patience);
  return replies[0];
}

/** The SASL message: XOAUTH2 (Gmail, "OAuth 2.0 Mechanism") or OAUTHBEARER (RFC 7628 section 3.1), in base64. */
export function tokenMessage(
  mechanism: TokenMechanism,
  user: string,
  token: string,
  { host, port }: TokenTarget,
): string {
  const text =
    mechanism === 'XOAUTH2'
      ? `user=${user}\u0001auth=Bearer ${token}\u0001\u0001`
      : `n,a=${saslName(user)},\u0001host=${host}\u0001port=${port}\u0001auth=Bearer ${token}\u0001\u0001`;
  return Buffer.from(text, 'utf8').toString('base64');
}

/** RFC 5801 section 4: comma and equals sign have a meaning there. */
function saslName(user: string): string {
  return user.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/**
 * The AUTH command with the message on its line, or undefined where the line would be too long: RFC 4954 section 4 allows longer ones, but
 * Dovecot and others do not take them.
 */
export function authLine(mechanism: TokenMechanism, message: string): string | undefined {
  const line = `AUTH ${mechanism} ${message}`;
  return line.length + 2 <= LONGEST_LINE ? line : undefined;
}

/** What is said to a server that explains a refusal and waits (RFC 7628 section 3.2.3: %x01; XOAUTH2: an empty line). */
export function refusalAnswer(mechanism: TokenMechanism): string {
  return mechanism === 'OAUTHBEARER' ? 'AQ==' : '';
}

/** The explanation in a 334, mostly JSON such as `{"status":"400","scope":"…"}`: decoded, bounded, without secrets. */
export function explanation(challenge: string, hidden: readonly string[]): string {
  return showable(Buffer.from(challenge, 'base64').toString('utf8'), hidden);
}

/** A token in the forms in which a server may echo it. */
export function hiddenTokenForms(token: string, message: string): readonly string[] {
  return [message, Buffer.from(token, 'utf8').toString('base64'), token].filter((text) => text.length > 2);
}
