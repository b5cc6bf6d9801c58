import type { TokenMechanism } from './choose-method.ts';
import { showable } from './parse-reply.ts';

/** Where a token is shown; OAUTHBEARER names it, so that a token cannot be passed on to another server. */
export interface TokenTarget {
  readonly host: string;
  readonly port: number;
}

/** Longest command line that every server takes, with its end, in octets (RFC 5321 section 4.5.3.1.4). */
const LONGEST_LINE = 512;

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
