import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Provider } from 'oidc-provider';
import { clientThatTrusts } from '../support/token-server.ts';
import { failureOf, providerFor } from './support-provider.ts';

/** Printable ASCII is what oidc-provider takes in a secret (RFC 6749 appendix A.2); these need care in forms and headers. */
const SECRET = 'p~l+u%s 25%2B&a=m/p"q\\:!*()';

describe('the generic provider and oidc-provider, a server of others', () => {
  let server: Server;
  let url: string;
  before(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    url = `http://127.0.0.1:${port}`;
    const client = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
    const provider = new Provider(url, {
      clients: [
        {
          ...client,
          client_id: 'post:er',
          client_secret: SECRET,
          token_endpoint_auth_method: 'client_secret_post',
        },
        {
          ...client,
          client_id: 'ba:sic',
          client_secret: SECRET,
          token_endpoint_auth_method: 'client_secret_basic',
        },
      ],
      scopes: ['mail.send'],
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    });
    const callback = provider.callback();
    server.on('request', (incoming, response) => void callback(incoming, response));
  });
  after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );

  const made = (clientId: string, clientAuthentication: string, secret = SECRET) =>
    providerFor(clientThatTrusts(), {
      provider: 'generic',
      flow: 'client-credentials',
      clientId,
      clientSecret: { value: secret },
      clientAuthentication,
      scopes: 'mail.send',
      tokenEndpoint: `${url}/token`,
    });

  for (const [clientId, way] of [
    ['post:er', 'post'],
    ['ba:sic', 'basic'],
  ] as const) {
    it(`agree on a secret of hard characters sent as ${way}`, async () => {
      const grant = await made(clientId, way).applicationToken();
      expect(grant.accessToken.reveal()).to.have.length.above(20);
      expect(grant.scopes).to.equal('mail.send');
    });

    it(`tell a wrong secret sent as ${way}`, async () => {
      const failure = await failureOf(made(clientId, way, `${SECRET}x`).applicationToken());
      expect(failure.error).to.equal('invalid_client');
      expect(failure.problem.reason).to.equal('authentication');
    });
  }
});
