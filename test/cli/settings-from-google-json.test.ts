import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkSettingsText } from '../../src/settings/settings-file.ts';
import { makeSelfSigned } from '../support/certificates.ts';
import { typed } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const CLIENT = {
  client_id: '1.apps.googleusercontent.com',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  client_secret: 'GOCSPX-planted',
  redirect_uris: ['https://relay.example.com/login/smtp-verification'],
};

describe('postern settings from-google-json', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let file: string;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    file = join(directory.path, 'client.json');
  });
  afterEach(() => directory.remove());

  /** The upstream that is printed, which has to be one that can be applied as it is. */
  async function printed(content: object, ...flags: string[]) {
    await writeFile(file, JSON.stringify(content));
    const { code, out, err } = await typed(['settings', 'from-google-json', file, ...flags]);
    expect(code, err).to.equal(0);
    expect(out).not.to.contain('planted');
    const { settings, faults, warnings } = checkSettingsText(out);
    expect([...faults, ...warnings]).to.deep.equal([]);
    return { out, upstream: settings?.upstreams[0] };
  }

  it('fills in an OAuth client, whose secret stays in the file', async () => {
    const { out, upstream } = await printed({ web: CLIENT }, '--mailbox', 'scans@example.org');
    expect(out).to.contain('Registered redirect URI: https://relay.example.com/login/smtp-verification');
    expect(out).to.contain('# Then: scripts/postern authorize gmail\n');
    expect(upstream).to.deep.include({ name: 'gmail', kind: 'smtp', host: 'smtp.gmail.com' });
    expect(upstream).to.have.property('authentication').that.includes({
      provider: 'google',
      flow: 'authorization-code',
      email: 'scans@example.org',
      clientId: CLIENT.client_id,
    });
    expect(upstream).to.have.nested.property('authentication.clientSecret').that.deep.equals({ file });
    expect(upstream).not.to.have.nested.property('authentication.tokenEndpoint');
  });

  it('keeps endpoints that are not Google’s own, and misses our redirect URI', async () => {
    const endpoints = { auth_uri: 'https://id.example.org/auth', token_uri: 'https://id.example.org/token' };
    const { out, upstream } = await printed({
      installed: { ...CLIENT, ...endpoints, redirect_uris: ['http://localhost'] },
    });
    expect(out).to.contain('No redirect URI of Postern is registered: add http://localhost:8025/login/');
    expect(upstream).to.have.property('authentication').that.includes({
      authorizationEndpoint: 'https://id.example.org/auth',
      tokenEndpoint: 'https://id.example.org/token',
    });
  });

  it('tells which client id a service account is granted the domain by', async () => {
    const { key } = await makeSelfSigned({ keyType: 'rsa' });
    const { out, upstream } = await printed(
      { type: 'service_account', client_email: 'a@b.example', client_id: '1234567890', private_key: key },
      '--name',
      'work space',
    );
    expect(out).to.contain('client id 1234567890').and.to.contain("verify --upstream 'work space'");
    expect(out).not.to.contain('PRIVATE KEY');
    expect(upstream).to.have.nested.property('authentication.serviceAccount').that.deep.equals({ file });
  });

  it('writes no line of a file into the comments that could be a setting', async () => {
    const uri = 'https://x/\nupstreams: []\n/login/smtp-verification';
    const { upstream } = await printed({ web: { ...CLIENT, redirect_uris: [uri] } });
    expect(upstream?.name).to.equal('gmail');
  });

  it('says what another file is, and where the right one is', async () => {
    await writeFile(file, '{"type":"authorized_user","refresh_token":"planted"}');
    const { code, out, err } = await typed(['settings', 'from-google-json', file]);
    expect({ code, out }).to.deep.equal({ code: 1, out: '' });
    expect(err).to.contain('gcloud').and.to.contain('console.cloud.google.com').and.not.to.contain('planted');
    const missing = await typed(['settings', 'from-google-json', join(directory.path, 'none.json')]);
    expect(missing.code).to.equal(1);
    expect(missing.err).to.match(/none\.json is not there/);
  });
});
