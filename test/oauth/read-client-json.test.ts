import { expect } from 'chai';
import * as fc from 'fast-check';
import { readClientJson, readServiceAccountJson } from '../../src/oauth/providers/read-client-json.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { makeSelfSigned } from '../support/certificates.ts';

const CLIENT = {
  client_id: '123.apps.googleusercontent.com',
  project_id: 'relay',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  client_secret: 'GOCSPX-planted',
  redirect_uris: ['https://relay.example.com/login/smtp-verification', 'https://relay.example.com/other'],
};

function faultOf(read: () => unknown): RelayError {
  try {
    read();
  } catch (error) {
    if (error instanceof RelayError) return error;
    throw error;
  }
  throw new Error('it was expected to be refused');
}

describe('the downloaded JSON files of Google', () => {
  for (const kind of ['web', 'installed']) {
    it(`reads an OAuth client of the kind ${kind} into the fields of an upstream`, () => {
      const { clientSecret, ...fields } = readClientJson(JSON.stringify({ [kind]: CLIENT }));
      expect(fields).to.deep.equal({
        provider: 'google',
        flow: 'authorization-code',
        clientId: CLIENT.client_id,
        authorizationEndpoint: CLIENT.auth_uri,
        tokenEndpoint: CLIENT.token_uri,
        redirectUris: CLIENT.redirect_uris,
      });
      expect(clientSecret?.reveal()).to.equal('GOCSPX-planted');
    });
  }

  it('reads a client without secret and redirect URIs', () => {
    expect(readClientJson('{"installed":{"client_id":"x"}}')).to.deep.equal({
      provider: 'google',
      flow: 'authorization-code',
      clientId: 'x',
      redirectUris: [],
    });
  });

  for (const [file, words] of [
    ['AIzaSyA-1234567890abcdefghijklmnopqrstu', 'API key'],
    ['-----BEGIN CERTIFICATE-----\nx', 'PEM file'],
    ['hello', 'not JSON'],
    ['', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['{}', 'not a file of Google’s console'],
    ['{"type":"service_account","private_key":"planted"}', 'key of a service account'],
    ['{"type":"authorized_user","refresh_token":"planted"}', 'gcloud'],
    ['{"type":"external_account"}', 'workload identity'],
    ['{"project_info":{}}', 'Android'],
    ['{"refresh_token":"planted"}', 'token file'],
    ['{"web":{"client_secret":"planted"}}', 'no client_id'],
    [JSON.stringify({ web: { ...CLIENT, token_uri: 'http://evil.example/token' } }), 'not an https address'],
    [JSON.stringify({ web: { ...CLIENT, auth_uri: 'javascript:planted' } }), 'not an https address'],
    [' '.repeat(70_000), 'too long'],
  ] as const) {
    it(`says what it is instead of a client: ${words}`, () => {
      const fault = faultOf(() => readClientJson(file));
      expect(fault.code).to.equal('bad-request');
      expect(fault.publicMessage).to.contain(words);
      expect(fault.publicMessage).to.not.contain('planted');
      expect(fault.hint).to.contain('https://console.cloud.google.com/');
    });
  }

  it('takes an address of this machine, for a simulator', () => {
    const web = { ...CLIENT, token_uri: 'http://127.0.0.1:8080/token' };
    expect(readClientJson(JSON.stringify({ web })).tokenEndpoint).to.equal('http://127.0.0.1:8080/token');
  });

  it('reads the key of a service account', async () => {
    const { key } = await makeSelfSigned({ keyType: 'rsa' });
    const file = {
      type: 'service_account',
      client_email: 'x@y.iam.gserviceaccount.com',
      client_id: '42',
      private_key: key,
      private_key_id: 'k1',
      token_uri: 'https://oauth2.googleapis.com/token',
    };
    const { privateKey, ...rest } = readServiceAccountJson(JSON.stringify(file));
    expect(rest).to.deep.equal({
      email: file.client_email,
      clientId: '42',
      keyId: 'k1',
      tokenEndpoint: file.token_uri,
    });
    expect(privateKey.reveal()).to.equal(key);
    const ecdsa = await makeSelfSigned();
    for (const [changes, words] of [
      [{ client_email: undefined }, 'client_email'],
      [{ private_key: undefined }, 'private_key'],
      [{ private_key: 'planted' }, 'cannot be read'],
      [{ private_key: ecdsa.key }, 'cannot be read'],
      [{ type: undefined, web: CLIENT }, 'OAuth client'],
    ] as const) {
      const fault = faultOf(() => readServiceAccountJson(JSON.stringify({ ...file, ...changes })));
      expect(fault.publicMessage).to.contain(words).and.not.contain('planted');
    }
  });

  it('refuses anything else in words, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((inner) => `{"web":${inner}}`),
        ),
        (text) => {
          for (const read of [readClientJson, readServiceAccountJson]) {
            try {
              read(text);
            } catch (error) {
              expect(error).to.be.instanceOf(RelayError);
            }
          }
        },
      ),
    );
  });
});
