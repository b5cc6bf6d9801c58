import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { ADMIN_TOKEN_FILE } from '../../src/admin/admin-token.ts';
import { deniedSchema, errorSchema } from '../../src/admin/contract.ts';
import { newTokenAnswerSchema } from '../../src/admin/contract-access.ts';
import {
  allowedDeviceSchema,
  devicesSchema,
  overviewSchema,
  trafficSchema,
} from '../../src/admin/contract-overview.ts';
import { historySchema } from '../../src/admin/contract-settings.ts';
import { MovableClock } from '../support/movable-clock.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-smtp-server.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const DEVICE = '127.0.0.7';

async function request(relay: Relay, path: string, body?: unknown, as?: string) {
  const { port } = relay.app.admin.address();
  const token = as ?? (await readFile(join(relay.directory, ADMIN_TOKEN_FILE), 'utf8')).trim();
  return fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    headers: {
      Authorization: `Bearer ${token}`,
      Connection: 'close',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
}

async function get<T>(relay: Relay, path: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await (await request(relay, path)).json());
}

async function allow(relay: Relay, wish: unknown) {
  const response = await request(relay, '/devices/allow', wish);
  expect(response.status).to.equal(200);
  return allowedDeviceSchema.parse(await response.json());
}

async function notAllowed(relay: Relay, wish: unknown) {
  const response = await request(relay, '/devices/allow', wish);
  return { status: response.status, ...errorSchema.parse(await response.json()) };
}

async function send(relay: Relay, localAddress: string, sender: string) {
  const client = await SmtpClient.ready(relay.port(), { localAddress, deadline: 15_000 });
  const text = 'Subject: Scan\r\nFrom: Scanner <scan@other.example>\r\n\r\nx';
  const reply = await client.message(sender, ['a@example.net'], text);
  client.write('QUIT\r\n');
  return reply;
}

/** What an address was refused, once it is written. */
async function refused(relay: Relay, address: string) {
  const look = async () =>
    (await get(relay, '/denied', deniedSchema)).denied.find((one) => one.address === address);
  await until(async () => (await look()) !== undefined, `${address} is listed`, 10_000);
  return look();
}

describe('a refused device', () => {
  const closers: (() => Promise<void>)[] = [];
  let target: ScriptedServer;

  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  const settings = () =>
    relaySettings({
      clients: [{ name: 'neighbours', networks: ['127.0.0.8/29'], senders: ['@example.com'] }],
      upstreams: [
        {
          name: 'office',
          kind: 'smtp',
          host: '127.0.0.1',
          port: target.port,
          security: 'none',
          from: { address: 'relay@example.com' },
        },
      ],
      defaultUpstream: 'office',
    });

  async function start(...how: Parameters<typeof startRelay>): Promise<Relay> {
    const relay = await startRelay(...how);
    closers.push(() => relay.remove());
    return relay;
  }

  beforeEach(async () => {
    target = await startScriptedServer();
    closers.push(() => target.close());
  });

  it('was refused: who may not change the settings opens Postern for nobody else, nor under a name that hides', async () => {
    const clock = new MovableClock();
    const relay = await start(settings(), {}, undefined, clock);
    const made = await request(relay, '/tokens', {
      name: 'operator',
      scopes: ['devices.allow', 'devices.read'],
    });
    const { secret } = newTokenAnswerSchema.parse(await made.json());
    const operator = (wish: unknown) => request(relay, '/devices/allow', wish, secret);
    const stranger = await operator({ address: '192.0.2.77' });
    expect(stranger.status).to.equal(403);
    expect(await stranger.json())
      .to.have.property('message')
      .that.contains('was not refused');
    expect((await send(relay, DEVICE, 'scan@other.example')).code).to.equal(550);
    clock.skip(6000);
    await refused(relay, DEVICE);
    expect((await operator({ address: DEVICE, name: 'a\u202eb' })).status).to.equal(400);
    expect((await operator({ address: DEVICE })).status).to.equal(200);
    await allow(relay, { address: '192.0.2.77' });
  });

  it('is let in with its sender rewritten, and its mail is delivered', async () => {
    const clock = new MovableClock();
    const relay = await start(settings(), {}, undefined, clock);
    expect((await send(relay, DEVICE, 'scan@other.example')).code).to.equal(550);
    expect((await send(relay, '127.0.0.9', 'scan@other.example')).code).to.equal(550);
    clock.skip(6000);
    expect(await refused(relay, DEVICE)).to.deep.include({
      sender: 'scan@other.example',
      client: '',
      listener: 'default',
    });
    expect(await refused(relay, '127.0.0.9')).to.deep.include({ client: 'neighbours' });
    const before = await get(relay, '/overview', overviewSchema);
    expect(before).to.deep.include({ state: 'idle', mode: 'live', refusedDevices: 2 });

    const allowed = await allow(relay, {
      address: DEVICE,
      sender: 'scan@other.example',
      rewriteSender: true,
    });
    expect(allowed.client).to.equal('test.example');
    expect(allowed.text).to.contain('leaves as relay@example.com');
    expect((await get(relay, '/denied', deniedSchema)).denied).to.have.lengthOf(1);
    const accepted = await send(relay, DEVICE, 'scan@other.example');
    expect(accepted.code).to.equal(250);
    await relay.reaches(/ as ([0-9A-Z]{16})/.exec(accepted.text)?.[1] ?? '', 'delivered');
    const [received] = target.transactions;
    expect(received?.mail).to.match(/^MAIL FROM:<relay@example\.com>/);
    expect(received?.body.toString()).to.contain('Reply-To: Scanner <scan@other.example>');

    const { devices } = await get(relay, '/devices', devicesSchema);
    expect(devices).to.have.lengthOf(1);
    expect(devices[0]).to.deep.include({ address: DEVICE, client: 'test.example', messages: 1 });
    const { points } = await get(relay, '/traffic?span=hour', trafficSchema);
    const sums = (['accepted', 'delivered', 'refused', 'failed'] as const).map((kind) =>
      points.reduce((sum, point) => sum + point[kind], 0),
    );
    expect(sums).to.deep.equal([1, 1, 2, 0]);
    const after = await get(relay, '/overview', overviewSchema);
    expect(after).to.deep.include({ state: 'flowing', refusedDevices: 1 });
    expect(after.upstreams.map(({ name, isDefault }) => [name, isDefault])).to.deep.equal([
      ['office', true],
      ['test-relay', false],
    ]);
    expect(after.lastDeliveredAt).to.be.above(clock.now() - 60_000);
    const { revisions } = await get(relay, '/settings/history', historySchema);
    expect(revisions[0]?.summary).to.equal(allowed.text);
  });

  it('is let in with its network where only its sender was refused', async () => {
    const relay = await start(settings());
    expect((await send(relay, '127.0.0.9', 'scan@other.example')).code).to.equal(550);
    const wish = { address: '127.0.0.9', sender: 'scan@other.example' };
    expect((await allow(relay, wish)).client).to.equal('neighbours');
    expect((await send(relay, '127.0.0.10', 'scan@other.example')).code, 'its neighbours too').to.equal(250);
    expect((await send(relay, '127.0.0.11', 'scan@third.example')).code).to.equal(550);
  });

  it('is not let in where the settings come from a file, but the lines for it are told', async () => {
    const directory = await temporaryDirectory();
    closers.push(() => directory.remove());
    const file = join(directory.path, 'settings.yaml');
    await writeFile(file, stringify(settings()));
    const relay = await start(undefined, { settingsFile: file });
    const { status, code, hint } = await notAllowed(relay, { address: DEVICE, sender: 'scan@other.example' });
    expect([status, code]).to.deep.equal([409, 'settings-locked']);
    expect(hint).to.contain(
      `- name: device ${DEVICE}\n  networks:\n    - ${DEVICE}\n  senders:\n    - scan@other.example\n`,
    );
    expect((await send(relay, DEVICE, 'scan@other.example')).code).to.equal(550);
  });

  it('is told why its sender cannot be rewritten, and what cannot be allowed', async () => {
    const relay = await start(relaySettings({ clients: [{ name: 'nobody', networks: ['192.0.2.1'] }] }));
    const rows = [
      [{ address: DEVICE, rewriteSender: true }, 409, 'test relay, which has no sender'],
      [{ address: 'printer' }, 400, 'is not an IP address'],
      [{ address: DEVICE, sender: 'no address' }, 400, 'cannot hold this'],
      [{ address: DEVICE, name: ' x' }, 400, 'begins or ends with a space'],
      [{ address: '' }, 400, 'address'],
      [{ address: DEVICE, other: 1 }, 400, 'other'],
    ] as const;
    for (const [wish, status, words] of rows) {
      const answer = await notAllowed(relay, wish);
      expect(answer.status, JSON.stringify(answer)).to.equal(status);
      expect(JSON.stringify(answer)).to.contain(words);
    }
    expect((await get(relay, '/settings/history', historySchema)).revisions).to.have.lengthOf(2);
  });
});
