import { settingsSchema } from '../settings/schema.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';

const UNSET = settingsSchema.shape.accessUrl.parse(undefined);

/** Where people open the page: the access URL where one is set, else the address that the admin listens on. */
export function pageUrl(
  accessUrl: string,
  listening: { readonly host: string; readonly port: number },
  ownTls: boolean,
): string {
  if (accessUrl !== UNSET) return accessUrl;
  const { host, port } = listening;
  const anyAddress = host === '0.0.0.0' || host === '::';
  const name = anyAddress || isLoopbackAddress(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${ownTls ? 'https' : 'http'}://${name}:${port}`;
}
