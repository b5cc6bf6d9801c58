/** What a provider's redirect carries (RFC 6749 sections 4.1.2 and 4.1.2.1). Anybody can call that address: everything is doubted. */
import { RelayError } from '../../shared/errors.ts';
import { ownCommand } from '../../shared/own-commands.ts';
import { Secret } from '../../shared/secret.ts';
import { STATE_PATTERN } from './pkce.ts';

export interface Callback {
  readonly state: string;
  /** Host of the server that says it answers (`iss`, RFC 9207), where it says so. */
  readonly issuer?: string;
  readonly outcome:
    | { readonly kind: 'code'; readonly code: Secret }
    | {
        readonly kind: 'error' /** The parameters that say why, bounded. */;
        readonly words: URLSearchParams;
      };
}

/** Characters; codes of Entra have about a thousand. */
const MAX_CODE = 8192;
/** Characters of each of the provider's words that are kept. */
const MAX_WORDS = 2000;
/** Characters of an address that somebody pasted. */
const MAX_ADDRESS = 16_384;

/** Throws RelayError `bad-request`, and `not-found` where the state cannot be one of ours. */
export function readCallback(parameters: URLSearchParams): Callback {
  const state = one(parameters, 'state');
  if (state === undefined || !STATE_PATTERN.test(state)) throw unknownSignIn();
  const issuer = parameters.has('iss') ? { issuer: hostOf(one(parameters, 'iss')) } : {};
  if (parameters.has('error'))
    return { state, ...issuer, outcome: { kind: 'error', words: wordsOf(parameters) } };
  const code = one(parameters, 'code');
  if (code === undefined || code === '' || code.length > MAX_CODE) {
    throw new RelayError('bad-request', 'The address carries neither a code nor an error of the provider.', {
      hint: 'Begin the sign-in anew and follow its link to the end.',
    });
  }
  return { state, ...issuer, outcome: { kind: 'code', code: new Secret(code) } };
}

/** The parameters of the address at which a browser ended, as somebody pasted it. Throws RelayError `bad-request`. */
export function pastedParameters(pasted: string): URLSearchParams {
  // Terminals and chat programs break long lines; an address has no white space.
  const address = pasted.replaceAll(/\s+/g, '').replace(/^[<"']+|[>"']+$/g, '');
  const query = address
    .slice(0, MAX_ADDRESS + 1)
    .split('#')[0]
    ?.split('?')[1];
  if (query === undefined || address.length > MAX_ADDRESS || !/(^|&)state=/.test(query)) {
    throw new RelayError('bad-request', 'This is not the address at which the browser ended.', {
      hint: 'Sign in, wait until the browser shows a page that it cannot open, and copy the whole address from its address bar; it holds "code=" and "state=".',
    });
  }
  return new URLSearchParams(query);
}

/**
 * One sentence for every sign-in that cannot be gone on with, so that nobody learns which ids and states there are:
 * never begun, too old, or begun in another browser.
 */
export function unknownSignIn(): RelayError {
  return new RelayError(
    'not-found',
    'This sign-in is not known, is too old, or was begun in another browser.',
    {
      hint: `Look whether it is authorized by now. If not, begin anew on the page E-mail configuration, or with "${ownCommand('authorize UPSTREAM')}", in the browser in which you sign in.`,
    },
  );
}

/** A parameter given twice could mean either; it counts as not given (RFC 6749 section 3.1). */
function one(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

/** Empty, and so nobody's, where it is no address. */
function hostOf(address: string | undefined): string {
  return URL.parse(address ?? '')?.hostname ?? '';
}

const WORDS = ['error', 'error_description', 'error_subcode', 'error_subtype'];

function wordsOf(parameters: URLSearchParams): URLSearchParams {
  const kept = WORDS.flatMap((name) => {
    const value = one(parameters, name);
    return value === undefined ? [] : [[name, value.slice(0, MAX_WORDS)]];
  });
  // An error given twice is an error all the same.
  return new URLSearchParams([
    ...(parameters.getAll('error').length > 1 ? [['error', 'unknown']] : []),
    ...kept,
  ]);
}
