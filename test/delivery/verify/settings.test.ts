import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { lookAtFallback, lookAtSettings } from '../../../src/delivery/verify/look-at-settings.ts';
import { makeAuthority } from '../../support/certificates.ts';
import type { UpstreamInput } from '../support.ts';
import { localUpstream, parsedUpstream, verifyUpstream } from './support.ts';

const DAY = 86_400_000;
const password = { type: 'password', user: 'relay@example.com', password: { value: 'x' } } as const;
const microsoft = {
  type: 'oauth2',
  provider: 'microsoft',
  flow: 'client-credentials',
  email: 'relay@example.com',
  tenantId: '11111111-2222-3333-4444-555555555555',
  clientId: '99999999-2222-3333-4444-555555555555',
} as const;

/** DNS knows nothing, so that a verification ends behind the secrets. */
const noDns = {
  lookup: (_host: string, _options: unknown, callback: (error: Error, found: string) => void) =>
    callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), ''),
};

describe('what verify says of settings', () => {
  const rows: readonly { what: string; upstream: Partial<UpstreamInput>; text?: RegExp; remedy?: RegExp }[] =
    [
      { what: 'nothing odd', upstream: { host: 'smtp.example.com', authentication: password } },
      {
        what: 'a password at Exchange Online',
        upstream: { host: 'smtp.office365.com', authentication: password, security: 'starttls' },
        text: /end of December 2026/,
        remedy: /type oauth2, provider microsoft/,
      },
      {
        what: 'a cloud that does not fit the host',
        upstream: {
          host: 'smtp.partner.outlook.cn',
          authentication: { ...microsoft, clientSecret: { value: 'x' } },
        },
        text: /belongs to the cloud china/,
        remedy: /authentication\.cloud of the upstream office to china/,
      },
      {
        what: 'TLS at the port of STARTTLS',
        upstream: { host: 'smtp.example.com', port: 587, security: 'tls' },
        text: /begins in clear/,
        remedy: /starttls, or port to 465/,
      },
      {
        what: 'STARTTLS at the port of TLS',
        upstream: { host: 'smtp.example.com', port: 465, security: 'starttls' },
        text: /from the first byte/,
        remedy: /to tls, or port to 587/,
      },
      {
        what: 'limits above those of the provider',
        upstream: {
          host: 'smtp.office365.com',
          authentication: { ...microsoft, clientSecret: { value: 'x' } },
          limits: { connections: 20 },
        },
        text: /connections is 20, it takes 3\.$/,
        remedy: /\{ connections: 3 \}/,
      },
      {
        what: 'a rewrite without an address',
        upstream: { host: 'smtp.example.com', from: { rewrite: 'always' } },
        text: /no address to rewrite to/,
        remedy: /from\.address/,
      },
    ];
  for (const { what, upstream, text, remedy } of rows) {
    it(`finds ${what}`, () => {
      const found = lookAtSettings(parsedUpstream(localUpstream(587, upstream)));
      expect(found.map(({ result }) => result)).to.deep.equal([text ? 'warning' : 'ok']);
      if (text) expect(found[0]?.text).to.match(text);
      if (remedy) expect(found[0]?.remedy).to.match(remedy);
    });
  }

  it('says how the fallback stands', () => {
    const status = { name: 'graph', kind: 'graph', connections: 0, recipientsToday: 0 } as const;
    expect(lookAtFallback('graph', { ...status, circuit: 'closed' }).text).to.contain('it works');
    expect(lookAtFallback('graph', undefined).text).to.contain('not in force yet');
    const open = lookAtFallback('graph', {
      ...status,
      circuit: 'open',
      text: 'No token.',
      remedy: 'Authorize.',
    });
    expect(open).to.deep.include({ result: 'warning', remedy: 'Authorize.' });
    expect(open.text).to.contain('(open): No token.');
  });

  it('says of the test relay in one step that nothing leaves', async () => {
    const { steps } = await verifyUpstream({ name: 'test-relay', kind: 'test-relay' });
    expect(steps.map(({ step, result }) => `${step} ${result}`)).to.deep.equal(['settings ok']);
    expect(steps[0]?.text).to.contain('nothing leaves');
  });
});

async function secretsStep(authentication: object) {
  const { step, steps } = await verifyUpstream(
    {
      ...localUpstream(587, { host: 'smtp.example.com', security: 'starttls' }),
      authentication,
    } as UpstreamInput,
    noDns,
  );
  return { found: step('secrets'), told: JSON.stringify(steps) };
}
const rsaPem = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

describe('what verify says of secrets', () => {
  it('warns of an id in place of the secret, without showing it', async () => {
    const value = '0a1b2c3d-1111-2222-3333-444455556666';
    const { found, told } = await secretsStep({ ...microsoft, clientSecret: { value } });
    expect(found?.result).to.equal('warning');
    expect(found?.remedy)
      .to.contain('authentication.clientSecret of the upstream office')
      .and.contain('Value');
    expect(told).not.to.contain(value);
  });

  for (const [days, result] of [
    [90, 'ok'],
    [12, 'warning'],
    [-3, 'failed'],
  ] as const) {
    it(`reads a client certificate that has ${days} days left`, async () => {
      const authority = await makeAuthority();
      const { certificate, key } = await authority.issue({
        keyType: 'rsa',
        validFrom: Date.now() - 30 * DAY,
        validTo: Date.now() + (days + 0.5) * DAY,
      });
      const { found, told } = await secretsStep({
        ...microsoft,
        clientCertificate: { value: certificate + key },
      });
      expect(found?.result).to.equal(result);
      expect(found?.details?.['certificateDaysLeft']).to.equal(Math.max(0, days));
      if (result !== 'ok') expect(found?.remedy).to.contain(microsoft.clientId);
      for (const line of key.split('\n').filter((one) => one.length > 30)) expect(told).not.to.contain(line);
    });
  }

  it('says that key and certificate do not belong together', async () => {
    const authority = await makeAuthority();
    const { certificate } = await authority.issue({ keyType: 'rsa' });
    const { found } = await secretsStep({
      ...microsoft,
      clientCertificate: { value: certificate + rsaPem() },
    });
    expect(found?.result).to.equal('failed');
    expect(found?.cause).to.contain('does not belong to the certificate');
  });

  it('warns before the day that was typed for the client secret', async () => {
    const day = new Date(Date.now() + 9.5 * DAY).toISOString().slice(0, 10);
    const { found } = await secretsStep({
      ...microsoft,
      clientSecret: { value: 'planted~value' },
      clientSecretExpires: day,
    });
    expect(found?.result).to.equal('warning');
    expect(found?.text).to.contain(`expires on ${day}`);
  });

  it('reads the key of a service account, and hides all of it but the address', async () => {
    const key = rsaPem();
    const value = JSON.stringify({
      type: 'service_account',
      client_email: 'relay@project.iam.gserviceaccount.com',
      private_key: key,
    });
    const google = {
      type: 'oauth2',
      provider: 'google',
      flow: 'service-account',
      email: 'relay@example.com',
    };
    const good = await secretsStep({ ...google, serviceAccount: { value } });
    expect(good.found?.details).to.deep.include({ serviceAccount: 'relay@project.iam.gserviceaccount.com' });
    expect(good.told).not.to.contain(key.split('\n')[3]);
    const bad = await secretsStep({ ...google, serviceAccount: { value: '{"client_id":"web"}' } });
    expect(bad.found?.result).to.equal('failed');
    expect(bad.found?.remedy).to.contain('Make a key of type JSON');
  });
});
