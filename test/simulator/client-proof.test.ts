import { createHash, createPrivateKey, createSign, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { makeSelfSigned, type TestCertificate } from '../support/certificates.ts';
import { webCall } from '../support/simulator-client.ts';

describe('how an application proves itself to the simulated Microsoft', () => {
  let simulator: Simulator;
  let own: TestCertificate;

  before(async () => {
    simulator = await startSimulator();
    own = await makeSelfSigned({ keyType: 'rsa' });
    simulator.register({ clientCertificate: own.certificate });
  });
  after(() => simulator.close());

  const ask = (fields: Readonly<Record<string, string>>, endpoint = simulator.microsoft.tokenEndpoint) =>
    webCall(simulator, endpoint, {
      form: {
        grant_type: 'client_credentials',
        client_id: simulator.microsoft.clientId,
        scope: 'https://outlook.office365.com/.default',
        ...fields,
      },
    });

  function assertion(changes: Readonly<Record<string, unknown>> = {}, signer: TestCertificate = own): string {
    const { clientId, tokenEndpoint } = simulator.microsoft;
    const raw = new X509Certificate(own.certificate).raw;
    const header = {
      alg: 'RS256',
      typ: 'JWT',
      'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
    };
    const exp = Math.floor(Date.now() / 1000) + 600;
    const claims = { iss: clientId, sub: clientId, aud: tokenEndpoint, jti: 'x', exp, ...changes };
    const signed = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = createSign('RSA-SHA256').update(signed).sign(createPrivateKey(signer.key));
    return `${signed}.${signature.toString('base64url')}`;
  }
  const withAssertion = (text: string) =>
    ask({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: text,
    });

  it('with a certificate that was registered', async () => {
    expect((await withAssertion(assertion())).status).to.equal(200);
    const stranger = await makeSelfSigned({ keyType: 'rsa' });
    expect((await withAssertion(assertion({}, stranger))).json['error_codes']).to.deep.equal([700027]);
    expect((await withAssertion(assertion({ exp: 1 }))).json['error_codes']).to.deep.equal([700024]);
    const elsewhere = assertion({ aud: 'https://elsewhere.example/token' });
    expect((await withAssertion(elsewhere)).json['error_codes']).to.deep.equal([700023]);
    expect((await withAssertion('no.token.here')).json['error_codes']).to.deep.equal([50027]);
  });

  it('with a federated credential', async () => {
    const federated = assertion({ iss: 'https://workload.example/', aud: 'api://AzureADTokenExchange' });
    expect((await withAssertion(federated)).status).to.equal(200);
    expect((await withAssertion(assertion({ iss: 'https://workload.example/', exp: 1 }))).status).to.equal(
      401,
    );
  });

  it('with its secret, and is told in the words of Entra what is wrong', async () => {
    const { clientSecret, tokenEndpoint, tenantId } = simulator.microsoft;
    expect((await ask({ client_secret: clientSecret })).status).to.equal(200);
    const wrong = await ask({ client_secret: '00000000-0000-0000-0000-000000000000' });
    expect(wrong.status).to.equal(401);
    expect(wrong.json).to.have.all.keys(
      'error',
      'error_description',
      'error_codes',
      'timestamp',
      'trace_id',
      'correlation_id',
      'error_uri',
    );
    expect(wrong.json['error_description']).to.match(
      /^AADSTS7000215: Invalid client secret provided\. .+ Trace ID: \S+ Correlation ID: \S+ Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
    );
    const rows: readonly (readonly [Readonly<Record<string, string>>, string, number])[] = [
      [{}, tokenEndpoint, 7000218],
      [{ client_secret: clientSecret, client_id: 'x' }, tokenEndpoint, 700016],
      [{ client_secret: clientSecret }, tokenEndpoint.replace(tenantId, 'elsewhere.example'), 90002],
      [{ client_secret: clientSecret }, tokenEndpoint.replace(tenantId, 'common'), 50194],
      [
        { client_secret: clientSecret, scope: 'https://outlook.office.com/SMTP.Send' },
        tokenEndpoint,
        1002012,
      ],
      [{ client_secret: clientSecret, scope: 'https://unknown.example/.default' }, tokenEndpoint, 70011],
      [{ client_secret: clientSecret, grant_type: 'password' }, tokenEndpoint, 70003],
    ];
    for (const [fields, endpoint, code] of rows) {
      expect((await ask(fields, endpoint)).json['error_codes'], `${code}`).to.deep.equal([code]);
    }
  });

  it('counts requests that were under way at once', async () => {
    const { clientSecret } = simulator.microsoft;
    const before = simulator.counters().tokenRequests;
    await Promise.all([1, 2, 3].map(() => ask({ client_secret: clientSecret })));
    expect(simulator.counters().tokenRequests - before).to.equal(3);
    expect(simulator.counters().tokenRequestsAtOnce).to.be.within(2, 3);
  });
});
