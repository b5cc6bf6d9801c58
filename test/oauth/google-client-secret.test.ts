import { expect } from 'chai';
import { ProviderFailure } from '../../src/oauth/provider.ts';
import { googleClientSecret } from '../../src/oauth/providers/google-client-secret.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';
import { providerFor } from './support-provider.ts';

const CLIENT = { client_id: '1.apps.googleusercontent.com', client_secret: 'GOCSPX-planted' };
const FILE = JSON.stringify({ web: CLIENT });

describe('the client secret for Google', () => {
  it('is what was typed', () => {
    expect(googleClientSecret('GOCSPX-typed', CLIENT.client_id).reveal()).to.equal('GOCSPX-typed');
  });

  it('is read out of the downloaded client file', () => {
    expect(googleClientSecret(`\n${FILE}\n`, CLIENT.client_id).reveal()).to.equal('GOCSPX-planted');
  });

  for (const [text, words] of [
    [FILE.replace('1.apps', '2.apps'), 'the client 2.apps.googleusercontent.com'],
    [JSON.stringify({ web: { client_id: CLIENT.client_id } }), 'no client_secret'],
    ['{"type":"service_account","private_key":"planted"}', 'key of a service account'],
    [FILE.slice(0, -3), 'not JSON'],
  ] as const) {
    it(`is refused where ${words}`, () => {
      try {
        googleClientSecret(text, CLIENT.client_id);
      } catch (error) {
        if (!(error instanceof RelayError)) throw error;
        expect(error.publicMessage).to.contain(words);
        expect(error.hint).to.match(/\.$/);
        expect(`${error.publicMessage} ${error.hint}`).not.to.contain('planted');
        return;
      }
      expect.fail('it was expected to be refused');
    });
  }

  describe('at the token endpoint', () => {
    let server: TokenServer;
    before(async () => {
      server = await startTokenServer();
    });
    after(() => server.close());

    const provider = (value: string) =>
      providerFor(server.http, {
        provider: 'google',
        email: 'relay@example.com',
        clientId: CLIENT.client_id,
        clientSecret: { value },
        tokenEndpoint: `${server.url}/token`,
      });

    it('goes without the rest of the file', async () => {
      await provider(FILE).refresh(new Secret('old'));
      expect(server.seen.at(-1)?.form.get('client_secret')).to.equal('GOCSPX-planted');
    });

    it('is not asked with the file of another client', async () => {
      const before = server.seen.length;
      const failure: unknown = await provider(FILE.replace('1.apps', '2.apps'))
        .refresh(new Secret('old'))
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(ProviderFailure);
      if (!(failure instanceof ProviderFailure)) return;
      expect(failure.problem.text).to.contain('clientSecret of upstream office cannot be used');
      expect(failure.problem.remedy).to.contain('2.apps.googleusercontent.com as clientId');
      expect(server.seen).to.have.length(before);
    });
  });
});
