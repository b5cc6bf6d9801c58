import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { isLoopbackAddress } from '../shared/loopback.ts';
import { urlServer } from '../shared/url-server.ts';

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
const DOT_ATOM = /^[^\s"(),:;<>@[\]\\\p{Cc}\p{Cs}]+$/u;
const QUOTED = /^"(?:[^"\\\p{Cc}\p{Cs}]|\\[^\p{Cc}\p{Cs}])*"$/u;

/**
 * A domain in A-label form: `example.com`, `printer`, `bücher.example` → `xn--bcher-kva.example`; `undefined` when it is none.
 * Single labels and underscores are accepted, for names inside a company's network often have them.
 */
export function asciiDomain(text: string): string | undefined {
  if (text.length > 253 || /[\s/@:[\]%\p{Cc}]/u.test(text)) return undefined;
  const ascii = domainToASCII(text) || (/^[\w.-]+$/.test(text) ? text.toLowerCase() : '');
  if (ascii === '' || ascii.length > 253) return undefined;
  const labels = ascii.replace(/\.$/, '').split('.');
  return labels.every((label) => LABEL.test(label)) ? ascii : undefined;
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3). */
function isAddressLiteral(text: string): boolean {
  const inner = /^\[(?:IPv6:)?([^[\]]+)\]$/i.exec(text)?.[1];
  return inner !== undefined && isIP(inner) !== 0;
}

/**
 * An address that mail can have: international ones (RFC 6531), single-label domains (`printer@localhost`), quoted local
 * parts and address literals included.
 */
export function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at < 1 || text.length > 320) return false;
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (Buffer.byteLength(local) > 64) return false;
  if (!isAddressLiteral(domain) && (isIP(domain) !== 0 || asciiDomain(domain) === undefined)) return false;
  if (QUOTED.test(local)) return true;
  return DOT_ATOM.test(local) && !local.startsWith('.') && !local.endsWith('.') && !local.includes('..');
}

/** A host that is this machine: a loopback address, or the name that always means one (RFC 6761 section 6.3). */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name);
}

/** An address over which anybody on the way could read along: http, to another machine than this. */
export function goesInClear(url: URL): boolean {
  const { encrypted, host } = urlServer(url);
  return !encrypted && !isLoopback(host);
}
