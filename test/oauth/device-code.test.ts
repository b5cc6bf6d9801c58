import { expect } from 'chai';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';
import { failureOf, providerFor } from './support-provider.ts';

describe('device codes', () => {
  let server: TokenServer;
  before(async () => {
    server = await startTokenServer();
  });
  after(() => server.close());

  for (const provider of ['microsoft', 'google', 'generic']) {
    it(`that cannot be got name the server that was asked: ${provider}`, async () => {
      server.react({ status: 503 });
      const one = providerFor(server.http, {
        provider,
        flow: 'device-code',
        clientId: 'the-client',
        authorizationEndpoint: 'https://elsewhere.example/authorize',
        tokenEndpoint: 'https://elsewhere.example/token',
        deviceAuthorizationEndpoint: `${server.url}/device`,
      });
      const { problem } = await failureOf(one.startDevice());
      expect(problem.text).to.contain(new URL(server.url).host).and.not.to.contain('elsewhere');
    });
  }
});
