import { isIP } from 'node:net';
import { asciiDomain } from '../settings/addresses.ts';

/**
 * A trust anchor may count for one host only. That stands as a line of text in its PEM file, before the block, so that the file
 * says all there is to say and can be written by hand. Pure.
 */

const LINE = /^\s*#?\s*Postern: only for (\S+)\s*$/im;

/** The line for a host that `canonicalHost` gave. */
export function pinLine(host: string): string {
  return `Postern: only for ${host}\n`;
}

/** `unreadable`: there is a line whose host is none; such a certificate counts for nobody, for it was not meant for everybody. */
export function pinIn(text: string): { readonly host: string } | 'unreadable' | undefined {
  const typed = LINE.exec(text)?.[1];
  if (typed === undefined) return /^\s*#?\s*Postern:/im.test(text) ? 'unreadable' : undefined;
  const host = canonicalHost(typed);
  return host === undefined ? 'unreadable' : { host };
}

/** A host name or address in the one form in which hosts are compared; undefined where it is neither. */
export function canonicalHost(text: string): string | undefined {
  if (isIP(text) === 4) return text;
  if (isIP(text) === 6) {
    const address = `http://[${text.replace(/%.*$/, '')}]/`;
    return URL.canParse(address) ? new URL(address).hostname.slice(1, -1) : undefined;
  }
  if (/^[\d.]+$/.test(text)) return undefined;
  return asciiDomain(text)?.toLowerCase().replace(/\.$/, '');
}
