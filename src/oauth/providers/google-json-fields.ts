/**
 * From a file of Google's console (the downloaded JSON of an OAuth client, or the key of a service account) to the fields of an upstream's
 * authentication. Secrets are left out: whoever gave the file says where they come from. Pure.
 */
import { REDIRECT_PATHS } from '../sign-in/redirect-uri.ts';
import { readClientJson, readServiceAccountJson } from './read-client-json.ts';

/** Where Google's own endpoints are; Postern fills them in. */
const GOOGLES = ['accounts.google.com', 'oauth2.googleapis.com', 'www.googleapis.com'];

export type GoogleJsonFields =
  | {
      readonly what: 'client';
      readonly authentication: {
        readonly flow: 'authorization-code';
        readonly clientId: string;
        readonly authorizationEndpoint?: string;
        readonly tokenEndpoint?: string;
      };
      readonly hasSecret: boolean;
      /** Redirect URIs with a path of Postern that are registered already; the one under accessUrl has to be among them. */
      readonly redirectUris: readonly string[];
    }
  | {
      readonly what: 'service-account';
      readonly authentication: { readonly flow: 'service-account' };
      /** The id that domain-wide delegation is given to, and the account's own address, which is no mailbox. */
      readonly clientId?: string;
      readonly account: string;
    };

/** Throws RelayError `bad-request` that says what file it is instead. */
export function googleJsonFields(text: string): GoogleJsonFields {
  if (isServiceAccount(text)) {
    const { clientId, email } = readServiceAccountJson(text);
    return {
      what: 'service-account',
      authentication: { flow: 'service-account' },
      account: email,
      ...(clientId === undefined ? {} : { clientId }),
    };
  }
  const client = readClientJson(text);
  return {
    what: 'client',
    authentication: {
      flow: client.flow,
      clientId: client.clientId,
      ...foreign('authorizationEndpoint', client.authorizationEndpoint),
      ...foreign('tokenEndpoint', client.tokenEndpoint),
    },
    hasSecret: client.clientSecret !== undefined,
    redirectUris: client.redirectUris.filter((uri) => REDIRECT_PATHS.some((path) => uri.endsWith(path))),
  };
}

function isServiceAccount(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value && value.type === 'service_account';
  } catch {
    return false;
  }
}

/** An endpoint that Postern would not fill in by itself. */
function foreign(field: 'authorizationEndpoint' | 'tokenEndpoint', address: string | undefined) {
  if (address === undefined || GOOGLES.includes(new URL(address).host)) return {};
  return { [field]: address };
}
