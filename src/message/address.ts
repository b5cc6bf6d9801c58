/*
 * Addresses as SMTP has them: `local@domain` without brackets (RFC 5321 section 4.1.2, RFC 6531 for addresses beyond
 * ASCII). Pure, total: anything that is not an address is answered with undefined, never with an exception.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';

/** Limits of RFC 5321 section 4.5.3.1, in octets. */
export const MAX_LOCAL_PART = 64;
export const MAX_DOMAIN = 255;
/** A path is at most 256 octets with its brackets. */
export const MAX_ADDRESS = 254;

export interface AddressParts {
  /** As written, quotes included. */
  readonly local: string;
  /** In A-label form and lower case, or an address literal such as `[192.0.2.1]`; empty where there is none. */
  readonly domain: string;
}

export interface AddressOptions {
  /** Accept local parts with dots in odd places, and a missing domain, as some devices send them. */
  readonly odd?: boolean;
}

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10FFFF}-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
const QUOTED_STRING = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\u{10FFFF}]|\\[\x20-\x7e])*"$/u;
/** Nothing that could end a command, a header field or an angle bracket. */
const ODD_LOCAL = /^[^\s\p{Cc}\p{Cs}<>,;:@"\\()[\]]+$/u;
const DOMAIN =
  /^(?=.{1,255}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const DOMAIN_ASCII = /^[a-z0-9._-]*$/;
const LITERAL = /^\[(?:(?<v4>[0-9.]+)|ipv6:(?<v6>[0-9a-f:.]+))\]$/i;
/** The common case, decided in one go. */
const PLAIN =
  /^[A-Za-z0-9_+=-]+(?:\.[A-Za-z0-9_+=-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/** Takes an address apart and checks it; undefined where it is none. The domain comes back in A-labels. */
export function parseAddress(text: string, options: AddressOptions = {}): AddressParts | undefined {
  const at = text.lastIndexOf('@');
  if (text.length <= MAX_LOCAL_PART && PLAIN.test(text)) {
    return { local: text.slice(0, at), domain: text.slice(at + 1) };
  }
  if (text.length > 2 * MAX_ADDRESS) return undefined;
  const local = at === -1 ? text : text.slice(0, at);
  if (!isLocalPart(local, options)) return undefined;
  if (at === -1) return options.odd ? { local, domain: '' } : undefined;
  const domain = normaliseDomain(text.slice(at + 1));
  if (domain === undefined) return undefined;
  if (Buffer.byteLength(local) + 1 + domain.length > MAX_ADDRESS) return undefined;
  return { local, domain };
}

/** The address with its domain in A-labels and lower case, the local part untouched; undefined where it is none. */
export function normaliseAddress(text: string, options: AddressOptions = {}): string | undefined {
  const parts = parseAddress(text, options);
  if (parts === undefined) return undefined;
  return parts.domain === '' ? parts.local : `${parts.local}@${parts.domain}`;
}

/** `bücher.example` → `xn--bcher-kva.example`, lower case; address literals stay. Undefined where it is no domain. */
export function normaliseDomain(text: string): string | undefined {
  if (text.startsWith('[')) return isAddressLiteral(text) ? text : undefined;
  if (text.length > MAX_DOMAIN) return undefined;
  const lower = text.toLowerCase();
  if (DOMAIN.test(lower)) return lower;
  // Only names beyond ASCII go through the converter, which reads more into a text than a name (`ü/b`, `0x7f.1`).
  if (!/^[a-z0-9._\u0080-\u{10FFFF}-]+$/u.test(lower) || DOMAIN_ASCII.test(lower)) return undefined;
  const ascii = domainToASCII(lower);
  return DOMAIN.test(ascii) && !isIPv4(ascii) ? ascii : undefined;
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3). */
export function isAddressLiteral(text: string): boolean {
  const groups = LITERAL.exec(text)?.groups;
  if (groups === undefined) return false;
  return isIPv4(groups['v4'] ?? '') || isIPv6(groups['v6'] ?? '');
}

/** The address literal of an IP address; IPv4 addresses mapped into IPv6 are shown as IPv4. */
export function addressLiteral(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  const plain = mapped ?? ip.replace(/%.*$/s, '');
  if (isIPv4(plain)) return `[${plain}]`;
  return isIPv6(plain) ? `[IPv6:${plain}]` : '[unknown]';
}

/** Whether the local part needs SMTPUTF8 (RFC 6531); the domain never does once it is in A-labels. */
export function needsSmtpUtf8(address: string): boolean {
  return /[^\0-\x7f]/.test(address);
}

/** The address for people: the domain with its own letters. */
export function displayAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1 || !address.includes('xn--', at)) return address;
  const domain = domainToUnicode(address.slice(at + 1));
  return domain === '' ? address : `${address.slice(0, at)}@${domain}`;
}

/**
 * An address as it may stand between `<` and `>` in a header field: the local part quoted where RFC 5322 section 3.4.1
 * asks for it; whatever could break out of the field removed.
 */
export function headerAddress(address: string): string {
  const clean = address.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '');
  const at = clean.lastIndexOf('@');
  const local = at === -1 ? clean : clean.slice(0, at);
  const domain = at === -1 ? '' : clean.slice(at).replace(/[\s<>()",;\\]/g, '');
  if (DOT_STRING.test(local) || QUOTED_STRING.test(local)) return local + domain;
  return `"${local.replace(/[\\"]/g, '\\$&')}"${domain}`;
}

function isLocalPart(local: string, options: AddressOptions): boolean {
  if (local.length === 0 || Buffer.byteLength(local) > MAX_LOCAL_PART) return false;
  // Lone surrogates match no UTF-8; they cannot come in over a wire and must not go out over one.
  if (!local.isWellFormed()) return false;
  if (DOT_STRING.test(local) || QUOTED_STRING.test(local)) return !/[\u0080-\u009f]/.test(local);
  return options.odd === true && ODD_LOCAL.test(local);
}
