import { RelayError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import { readClientJson } from './read-client-json.ts';

/**
 * The client secret for Google: as it was typed, or out of the client file of Google's console, which may stand in its place.
 * Throws RelayError `bad-request` with a hint where the file is another one, or that of another client than `clientId`.
 */
export function googleClientSecret(text: string, clientId: string | undefined): Secret {
  if (!text.trimStart().startsWith('{')) return new Secret(text);
  const client = readClientJson(text);
  if (clientId !== undefined && client.clientId !== clientId) {
    const other = client.clientId.slice(0, 200);
    throw new RelayError('bad-request', `the file is that of the client ${other}`, {
      hint: `Write ${other} as clientId, or give the file of the client ${clientId}.`,
    });
  }
  if (client.clientSecret === undefined) {
    throw new RelayError('bad-request', 'the file holds no client_secret', {
      hint: 'Make a new secret at https://console.cloud.google.com/auth/clients and download the file at once: it is not in there later.',
    });
  }
  return client.clientSecret;
}
