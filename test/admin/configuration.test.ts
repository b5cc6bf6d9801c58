import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import {
  googleClientSchema,
  PORTAL_STEPS,
  presetsSchema,
  settingsTextSchema,
} from '../../src/admin/contract-configuration.ts';
import { upstreamPresets } from '../../src/admin/upstream-presets.ts';
import { toJson } from '../../src/settings/to-json.ts';
import { validateDocument } from '../../src/settings/validate.ts';
import { type RunningAdmin, startAdmin } from '../support/admin.ts';

describe('what helps to set upstreams up', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin();
  });
  afterEach(() => running.stop());

  const google = (json: string) => running.post('/api/v1/settings/google-client', { json });

  it('offers each provider with its servers, sign-ins and steps', async () => {
    const answer = await running.request('/api/v1/settings/presets');
    const { presets } = presetsSchema.parse(await answer.json());
    const ways = presets.flatMap((preset) => preset.ways);
    const way = (cloud: string, kind: string, flow: string) =>
      ways.find((each) => each.cloud === cloud && each.kind === kind && each.flow === flow);
    expect(way('global', 'smtp', 'authorization-code')).to.deep.include({
      scopes: 'https://outlook.office.com/SMTP.Send offline_access',
      server: { host: 'smtp.office365.com', port: 587, security: 'starttls' },
      authorizationEndpoint: 'https://login.microsoftonline.com/TENANT/oauth2/v2.0/authorize',
    });
    expect(way('china', 'graph', 'client-credentials')).to.deep.include({
      scopes: 'https://microsoftgraph.chinacloudapi.cn/.default',
      endpoint: 'https://microsoftgraph.chinacloudapi.cn',
    });
    const used = new Set(ways.flatMap(({ steps }) => steps.map(({ key }) => key)));
    expect([...used].toSorted(), 'every step is used').to.deep.equal(PORTAL_STEPS.toSorted());
    for (const link of ways.flatMap(({ steps }) => steps.flatMap((step) => step.link ?? []))) {
      expect(link).to.match(/^https:\/\//);
    }
  });

  it('asks for the fields that the settings need, and for no others', () => {
    const typed: Readonly<Record<string, unknown>> = {
      email: 'relay@example.com',
      mailbox: 'relay@example.com',
      user: 'relay@example.com',
      tenantId: '00000000-0000-0000-0000-000000000000',
      clientId: 'client',
      scopes: 'mail.send',
      authorizationEndpoint: 'https://id.example.com/authorize',
      tokenEndpoint: 'https://id.example.com/token',
      deviceAuthorizationEndpoint: 'https://id.example.com/device',
      password: { value: 'x' },
      clientSecret: { value: 'x' },
      serviceAccount: { value: 'x' },
    };
    for (const { id, ways } of upstreamPresets().presets) {
      for (const { kind, type, provider, flow, cloud, fields, server } of ways) {
        const needed = fields.filter((field) => !field.endsWith('?'));
        const authentication = {
          type,
          ...(provider === undefined ? {} : { provider }),
          ...(flow === undefined ? {} : { flow }),
          ...(cloud === undefined ? {} : { cloud }),
          ...Object.fromEntries(needed.map((field) => [field, typed[field]])),
        };
        const upstream = {
          name: 'office',
          kind,
          ...(kind === 'test-relay' ? {} : { authentication }),
          ...(kind === 'smtp' ? { host: 'smtp.example.com', ...server } : {}),
        };
        const { faults, warnings } = validateDocument(toJson({ upstreams: [upstream] }).value);
        expect([...faults, ...warnings], `${id} ${kind} ${type} ${flow}`).to.deep.equal([]);
      }
    }
  });

  it('reads the file of a Google client and gives nothing secret back', async () => {
    const web = {
      client_id: '1.apps.googleusercontent.com',
      client_secret: 'GOCSPX-hunter2',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: 'https://oauth2.googleapis.com/token',
      redirect_uris: ['http://localhost:8025/login/smtp-verification', 'https://other.example.com/x'],
    };
    const text = await (await google(JSON.stringify({ web }))).text();
    expect(text).to.not.include('hunter2');
    expect(googleClientSchema.parse(JSON.parse(text))).to.deep.equal({
      what: 'client',
      authentication: { flow: 'authorization-code', clientId: '1.apps.googleusercontent.com' },
      hasSecret: true,
      redirectUris: ['http://localhost:8025/login/smtp-verification'],
    });
    const installed = await (await google(JSON.stringify({ installed: { client_id: 'x' } }))).json();
    expect(installed).to.deep.include({
      hasSecret: false,
      missingRedirectUri: 'http://localhost:8025/login/smtp-verification',
    });
    expect(running.log.text()).to.not.include('hunter2');
  });

  it('reads the key of a service account', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = {
      type: 'service_account',
      client_email: 'relay@project.iam.gserviceaccount.com',
      client_id: '117',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    };
    const text = await (await google(JSON.stringify(key))).text();
    expect(text).to.not.include('PRIVATE');
    expect(JSON.parse(text)).to.deep.equal({
      what: 'service-account',
      authentication: { flow: 'service-account' },
      clientId: '117',
      account: 'relay@project.iam.gserviceaccount.com',
    });
  });

  for (const [json, words] of [
    ['{"type":"authorized_user"}', 'this is a sign-in of gcloud'],
    ['{"project_info":{}}', 'Android'],
    ['nothing', 'is not JSON'],
    ['{"web":{"client_id":"x","token_uri":"http://evil.example.com/"}}', 'token_uri'],
    ['{"__proto__":{"web":{"client_id":"x"}}}', 'this is not a file of Google’s console'],
  ] as const) {
    it(`says what ${json.slice(0, 40)} is instead`, async () => {
      const answer = await google(json);
      expect(answer.status).to.equal(400);
      expect(await answer.text()).to.include(words);
    });
  }

  it('serves the schema of the document', async () => {
    const schema: unknown = await (await running.request('/api/v1/settings/schema')).json();
    expect(schema).to.have.nested.property('properties.upstreams');
  });
});

describe('the settings as text over the API', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin();
  });
  afterEach(() => running.stop());

  const put = (yaml: string, query = '', tag = '"1"') =>
    running.post(`/api/v1/settings/yaml${query}`, { yaml }, { method: 'PUT', headers: { 'If-Match': tag } });

  it('are read, changed and read back, with the revision guarded', async () => {
    expect((await put('hostname: relay.example.com\n')).status).to.equal(200);
    const answer = await running.request('/api/v1/settings/yaml');
    expect(answer.headers.get('etag')).to.equal('"2"');
    expect(settingsTextSchema.parse(await answer.json())).to.deep.include({
      yaml: 'hostname: relay.example.com\n',
      revision: 2,
      locked: false,
    });
    expect((await put('{}')).status).to.equal(412);
  });

  it('have faults with line and column, of the text and of the settings', async () => {
    for (const query of ['', '?dryRun=true']) {
      const broken = await put('hostname: [\n', query);
      expect(broken.status).to.equal(422);
      expect(await broken.text()).to.match(/"line":\d/);
      const wrong = await put('contacts: []\nqueue:\n  retry: 5\n', query);
      expect(wrong.status).to.equal(422);
      expect(await wrong.text()).to.include('"line":3');
    }
    expect((await running.request('/api/v1/settings/yaml')).headers.get('etag')).to.equal('"1"');
  });

  it('are only checked in a dry run', async () => {
    const answer = await put('hostname: relay.example.com', '?dryRun=true', '');
    expect(await answer.json()).to.deep.equal({ faults: [], warnings: [] });
  });

  it('differ from revision to revision', async () => {
    await put('hostname: a.example.com');
    await put('hostname: b.example.com', '', '"2"');
    const of = async (path: string): Promise<unknown> => (await running.request(path)).json();
    expect(await of('/api/v1/settings/history/3/differences')).to.deep.equal({
      from: 2,
      to: 3,
      differences: [{ path: 'hostname', before: 'a.example.com', after: 'b.example.com' }],
    });
    expect(await of('/api/v1/settings/history/3/differences?against=1')).to.deep.include({ from: 1, to: 3 });
    expect(await of('/api/v1/settings/history/1/differences')).to.deep.include({ differences: [] });
    expect((await running.request('/api/v1/settings/history/9/differences')).status).to.equal(404);
  });
});
