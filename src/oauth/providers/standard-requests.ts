import {
  type AuthorizationServer,
  allowInsecureRequests,
  type Client,
  type CustomFetchOptions,
  customFetch,
} from 'oauth4webapi';
import { endpointsOf } from '../endpoints.ts';
import type { Wire } from './exchange.ts';
import { clientIdOf, missing, type ProviderParts } from './provider-parts.ts';

/** The server as oauth4webapi wants it. The issuer is never compared, for no metadata and no id token is checked here. */
export function serverOf(parts: ProviderParts): AuthorizationServer {
  const { token: typed, device } = endpointsOf(parts.settings);
  const token =
    typed ?? missing('tokenEndpoint', parts.upstream, 'the address where the provider gives tokens');
  return {
    issuer: token,
    token_endpoint: token,
    ...(device === undefined ? {} : { device_authorization_endpoint: device }),
  };
}

/** The application as oauth4webapi wants it. */
export function clientOf(parts: ProviderParts): Client {
  return { client_id: clientIdOf(parts) };
}

/** Requests of oauth4webapi over our wire. Plain http is for this machine only; the checks of the settings see to that. */
export function overWire(wire: Wire) {
  return {
    [allowInsecureRequests]: true,
    [customFetch]: async (
      url: string,
      options: CustomFetchOptions<string, URLSearchParams>,
    ): Promise<Response> => {
      await wire.post({ url, headers: options.headers, body: options.body.toString() });
      // The tokens were read from the answer; the library gets none.
      return new Response('{}', { headers: { 'content-type': 'application/json' } });
    },
  };
}
