import { isIP, type LookupFunction } from 'node:net';
import { errorCode, errorText } from '../../shared/errors.ts';
import { type ConnectionTarget, classifyConnection } from '../classify-connection.ts';
import { type Finding, failed, ok, skipped, type Verification } from './verification.ts';

/** More addresses than this are counted, not listed. */
const MOST_ADDRESSES = 16;

/** Whether a proxy of the settings leads to the host. */
export function lookAtProxy({ proxyFor }: Verification, host: string): Finding {
  const proxy = proxyFor?.(host);
  if (proxy === undefined) return ok(`No proxy leads to ${host}; it is reached directly.`);
  const user = proxy.user === undefined ? '' : `, as ${proxy.user}`;
  return ok(`${host} is reached over the proxy ${shownUrl(proxy.url)}${user}.`, {
    details: { proxy: shownUrl(proxy.url) },
  });
}

/** A and AAAA of the host, as the system's resolver (or the one passed in) gives them. */
export async function findAddresses(
  { lookup, proxyFor }: Verification,
  target: ConnectionTarget,
): Promise<Finding> {
  const { host } = target;
  if (isIP(host) !== 0) return ok(`${host} is an address; there is no name to look up.`);
  if (proxyFor?.(host) !== undefined) return skipped('The proxy looks up the name.');
  const found = await lookUp(lookup, host);
  if (found instanceof Error) {
    const problem = classifyConnection(target, errorCode(found), `cannot be looked up (${errorText(found)})`);
    return failed(`There is no address for ${host}.`, problem);
  }
  if (found.length === 0) {
    return failed(`There is no address for ${host}.`, classifyConnection(target, 'ENODATA', ''));
  }
  const more = found.length > MOST_ADDRESSES ? ` and ${found.length - MOST_ADDRESSES} more` : '';
  const addresses = found.slice(0, MOST_ADDRESSES);
  return ok(`${host} is ${addresses.join(', ')}${more}.`, { details: { addresses } });
}

/** All addresses, or the error of the resolver. */
function lookUp(lookup: LookupFunction, host: string): Promise<readonly string[] | Error> {
  return new Promise((resolve) => {
    lookup(host, { all: true }, (error, found) => {
      if (error) resolve(error);
      else if (Array.isArray(found)) resolve([...new Set(found.map(({ address }) => address))]);
      else resolve(found === '' ? [] : [found]);
    });
  });
}

/** A proxy's address without what might be a password in it. */
function shownUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'of the settings';
}
