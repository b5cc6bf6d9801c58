/**
 * Keeps web pages of strangers away. A name that an attacker's DNS points at this machine (DNS rebinding) shows in the
 * Host header; addresses and names that are ours pass. A write that carries another page's Origin is refused, and so is any
 * call of the API: its reads hold sessions and connections, such as the stream of events, although no stranger's page could
 * read what they answer. Other pages may link to ours, no more. Pure.
 */
import { isIP } from 'node:net';
import { RelayError } from '../shared/errors.ts';

/** Asked by probes under whatever name the platform uses, and harmless: they tell nothing and change nothing. */
const ANY_HOST = new Set(['/livez', '/readyz']);
/** A GET that changes something, since the provider sends the browser back so; other sites may link to it, no more. */
const NAVIGATED = /^\/login\/(?:authorize\/|smtp-verification\/?$)|^\/pmpredirect\//i;
const API = /^\/api(?:\/|$)/i;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface CheckedRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  /** What the browser asked for, where a trusted proxy says so; else `host`. */
  readonly askedHost: string | undefined;
  /** It came over https. */
  readonly secure: boolean;
  readonly origin: string | undefined;
  /** The `Sec-Fetch-Site` header. */
  readonly site: string | undefined;
  /** The `Sec-Fetch-Mode` header. */
  readonly mode: string | undefined;
  /** The `Sec-Fetch-Dest` header. */
  readonly destination: string | undefined;
}

/** Throws RelayError `forbidden`. `names` are host names of ours, beside localhost; addresses always pass. */
export function checkHost(request: CheckedRequest, names: readonly string[]): void {
  const { path, host, askedHost } = request;
  // A page of another name can make its browser send X-Forwarded-Host; it cannot change Host. So both have to be ours.
  const ours = isOurs(hostName(host), names) && isOurs(hostName(askedHost), names);
  if (!ANY_HOST.has(path) && !ours) {
    throw new RelayError('forbidden', 'This host name is not known to Postern.', {
      hint: 'Use the address of the machine, or set accessUrl to the name that you use.',
    });
  }
  if (NAVIGATED.test(path)) checkNavigation(request);
  if (READING.has(request.method) && !API.test(path)) return;
  const foreignOrigin = request.origin !== undefined && !isOwnOrigin(request.origin, request);
  const foreignSite = request.site === 'cross-site' || request.site === 'same-site';
  if (foreignOrigin || foreignSite) {
    throw new RelayError(
      'forbidden',
      READING.has(request.method)
        ? 'The API does not answer pages of other sites.'
        : 'Requests that change something are not taken from pages of other sites.',
    );
  }
}

/** Neither an image nor a script, a frame nor a preview of another page gets a sign-in to go on; only a tab that goes there. */
function checkNavigation({ method, mode, destination }: CheckedRequest): void {
  const alone =
    (mode === undefined || mode === 'navigate') && (destination === undefined || destination === 'document');
  if (method === 'GET' && alone) return;
  throw new RelayError('forbidden', 'This address is for browsers that are sent there.');
}

/** `localhost` from `LocalHost:8025`, `::1` from `[::1]:8025`; empty where it is not well-formed. */
function hostName(host: string | undefined): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/, '');
}

/** The page that asks is of this very host and port, and did not come over plain http where we are reached over https. */
function isOwnOrigin(origin: string, { askedHost, secure }: CheckedRequest): boolean {
  const page = URL.parse(origin);
  if (page === null || (page.protocol !== 'https:' && (secure || page.protocol !== 'http:'))) return false;
  // The host as the page's address has it: without the port that goes without saying.
  const own = URL.parse(`${page.protocol}//${askedHost ?? ''}`);
  return own !== null && own.host === page.host;
}

function isOurs(name: string, names: readonly string[]): boolean {
  if (name === '') return false;
  return name === 'localhost' || isIP(name) !== 0 || names.some((known) => known.toLowerCase() === name);
}
