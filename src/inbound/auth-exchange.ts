/*
 * The words of SMTP AUTH PLAIN and LOGIN (RFC 4954, RFC 4616). Pure: lines in; a challenge, credentials or a refusal out.
 */
import { ownText } from '../shared/own-text.ts';
import { reply, type SmtpReply } from './replies.ts';

export type AuthStep =
  | { readonly kind: 'challenge'; readonly text: string; readonly answer: (line: string) => AuthStep }
  | { readonly kind: 'credentials'; readonly user: string; readonly password: string }
  | { readonly kind: 'refused'; readonly reply: SmtpReply };

/** As EHLO lists them. */
export const AUTH_MECHANISMS = 'PLAIN LOGIN';

/** `Username:` and `Password:`; some printers compare them letter by letter. */
const USERNAME_PROMPT = 'VXNlcm5hbWU6';
const PASSWORD_PROMPT = 'UGFzc3dvcmQ6';
const MAX_NAME = 255;
const MAX_PASSWORD = 1024;

/** @param argument what stands behind `AUTH` */
export function beginAuth(argument: string): AuthStep {
  const [mechanism = '', initial, ...rest] = argument.trim().split(/[ \t]+/);
  if (rest.length > 0)
    return refused(reply(501, '5.5.4', 'Write AUTH, a mechanism and at most one response'));
  // An initial response of "=" is an empty one (RFC 4954 section 4).
  const first = initial === '=' ? '' : initial;
  switch (mechanism.toUpperCase()) {
    case 'PLAIN':
      return first === undefined ? challenge('', plain) : plain(first);
    case 'LOGIN':
      return first === undefined ? challenge(USERNAME_PROMPT, loginName) : loginName(first);
    default:
      return refused(reply(504, '5.5.4', `Use one of the mechanisms ${AUTH_MECHANISMS}`));
  }
}

function plain(line: string): AuthStep {
  const text = decode(line);
  if (typeof text !== 'string') return text;
  const [authorization = '', authentication, password, ...rest] = text.split('\0');
  if (authentication === undefined || password === undefined || rest.length > 0) return malformed();
  return credentials(authentication === '' ? authorization : authentication, password);
}

function loginName(line: string): AuthStep {
  const user = decode(line);
  if (typeof user !== 'string') return user;
  return challenge(PASSWORD_PROMPT, (answer) => {
    const password = decode(answer);
    return typeof password === 'string' ? credentials(user, password) : password;
  });
}

function credentials(user: string, password: string): AuthStep {
  if (user === '' || user.length > MAX_NAME || password.length > MAX_PASSWORD) return malformed();
  if (/\p{Cc}/u.test(user) || password.includes('\0')) return malformed();
  return { kind: 'credentials', user: ownText(user), password: ownText(password) };
}

function decode(line: string): string | AuthStep {
  const text = line.trim();
  if (text === '*') return refused(reply(501, '5.7.0', 'Signing in was cancelled'));
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return malformed();
  return Buffer.from(text, 'base64').toString('utf8');
}

function challenge(text: string, answer: (line: string) => AuthStep): AuthStep {
  return { kind: 'challenge', text, answer };
}

function malformed(): AuthStep {
  return refused(reply(501, '5.5.2', 'This is not a valid base64 response'));
}

function refused(answer: SmtpReply): AuthStep {
  return { kind: 'refused', reply: answer };
}
