import { createPrivateKey } from 'node:crypto';
import { goesInClear } from '../../settings/addresses.ts';
import { RelayError } from '../../shared/errors.ts';
import { fieldsOf, type JsonFields, parsedJson } from '../../shared/outside-json.ts';
import { Secret } from '../../shared/secret.ts';

/** Longest file that is read, in characters; real ones have under 3,000. */
const LONGEST = 64 * 1024;

/** The fields of an upstream's authentication that the OAuth client file of Google's console fills in. */
export interface ClientJson {
  readonly provider: 'google';
  readonly flow: 'authorization-code';
  readonly clientId: string;
  readonly clientSecret?: Secret;
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  /** Registered already; the one of this Postern has to be among them. */
  readonly redirectUris: readonly string[];
}

/** What the key file of a service account says. */
export interface ServiceAccountJson {
  readonly email: string;
  /** The id that domain-wide delegation is given to. */
  readonly clientId?: string;
  readonly privateKey: Secret;
  readonly keyId?: string;
  readonly tokenEndpoint?: string;
}

const CLIENT_HELP =
  'Download it at https://console.cloud.google.com/auth/clients: the client, then "Download JSON".';
const ACCOUNT_HELP =
  'Make a key of type JSON at https://console.cloud.google.com/iam-admin/serviceaccounts and give that file.';

/** Reads the downloaded OAuth client file; throws RelayError `bad-request` that says what file it is instead. */
export function readClientJson(text: string): ClientJson {
  const file = fileFields(text, CLIENT_HELP);
  const client = fieldsOf(file['web']) ?? fieldsOf(file['installed']);
  if (client === undefined) throw wrong(whatItIs(file), CLIENT_HELP);
  const clientId = textIn(client, 'client_id');
  if (clientId === undefined) throw wrong('the file holds no client_id', CLIENT_HELP);
  const clientSecret = textIn(client, 'client_secret');
  const authorizationEndpoint = addressIn(client, 'auth_uri', CLIENT_HELP);
  const tokenEndpoint = addressIn(client, 'token_uri', CLIENT_HELP);
  const uris = client['redirect_uris'];
  return {
    provider: 'google',
    flow: 'authorization-code',
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret: new Secret(clientSecret) }),
    ...(authorizationEndpoint === undefined ? {} : { authorizationEndpoint }),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
    redirectUris: Array.isArray(uris)
      ? uris.slice(0, 100).filter((uri): uri is string => typeof uri === 'string' && URL.canParse(uri))
      : [],
  };
}

/** Reads the key file of a service account; throws RelayError `bad-request` likewise. Nothing of the key is in the words. */
export function readServiceAccountJson(text: string): ServiceAccountJson {
  const file = fileFields(text, ACCOUNT_HELP);
  if (file['type'] !== 'service_account') throw wrong(whatItIs(file), ACCOUNT_HELP);
  const email = textIn(file, 'client_email');
  const privateKey = textIn(file, 'private_key');
  if (email === undefined) throw wrong('the file holds no client_email', ACCOUNT_HELP);
  if (privateKey === undefined) throw wrong('the file holds no private_key', ACCOUNT_HELP);
  if (!isRsaKey(privateKey)) throw wrong('the private_key in the file cannot be read', ACCOUNT_HELP);
  const clientId = textIn(file, 'client_id');
  const keyId = textIn(file, 'private_key_id');
  const tokenEndpoint = addressIn(file, 'token_uri', ACCOUNT_HELP);
  return {
    email,
    privateKey: new Secret(privateKey),
    ...(clientId === undefined ? {} : { clientId }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
  };
}

function fileFields(text: string, help: string): JsonFields {
  if (text.length > LONGEST) throw wrong('the file is too long to be one of Google’s', help);
  if (/^\s*AIza[\w-]{30,}\s*$/.test(text)) throw wrong('this is an API key, which cannot send mail', help);
  if (/-----BEGIN [A-Z ]+-----/.test(text) && !text.trimStart().startsWith('{')) {
    throw wrong('this is a PEM file and not the JSON file', help);
  }
  const value = parsedJson(text);
  if (value === undefined) throw wrong('the file is not JSON', help);
  const fields = fieldsOf(value);
  if (fields === undefined) throw wrong('the file is not a JSON object', help);
  return fields;
}

/** What else people have in their download folder. */
function whatItIs(file: JsonFields): string {
  if (file['type'] === 'service_account')
    return 'this is the key of a service account; give it as serviceAccount';
  if (file['type'] === 'authorized_user') return 'this is a sign-in of gcloud, not an application of yours';
  if (file['type'] === 'external_account') return 'this is a workload identity federation file';
  if (fieldsOf(file['web']) ?? fieldsOf(file['installed']))
    return 'this is an OAuth client, not a service account';
  if (file['project_info'] !== undefined) return 'this is google-services.json of an Android application';
  if (file['private_key'] !== undefined) return 'this is a private key without its service account';
  if (file['refresh_token'] !== undefined) return 'this is a token file of another program';
  return 'this is not a file of Google’s console that can be used here';
}

function textIn(fields: JsonFields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value.trim() !== '' && value.length <= 16_384 ? value : undefined;
}

/** Secrets go to this address, so that it has to be safe. */
function addressIn(fields: JsonFields, name: string, help: string): string | undefined {
  const value = textIn(fields, name);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && !goesInClear(url)) return value;
  throw wrong(`${name} in the file is not an https address`, help);
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

function wrong(what: string, hint: string): RelayError {
  return new RelayError('bad-request', what, { hint });
}
