import type { TokenSource } from '../../src/oauth/token-source.ts';
import { type HttpClient, HttpFailure } from '../../src/shared/http.ts';

/** Stands where tokens are not wanted. */
export const noTokens: TokenSource = {
  token: () =>
    Promise.resolve({ kind: 'unavailable', reason: 'configuration', text: 'This test has no tokens.' }),
  refused: () => undefined,
};

/** Stands where no API is called. */
export const noHttp: HttpClient = {
  send: () => Promise.reject(new HttpFailure('ECONNREFUSED', 'This test has no network.', false)),
};
