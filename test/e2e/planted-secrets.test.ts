import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { type Child, freePort, greeted, startChild } from '../../scripts/bench/processes.ts';
import { createApp } from '../../src/app.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { typed } from '../support/command-line.ts';
import { ECHOES } from '../support/echoing-server.ts';
import { eventually } from '../support/eventually.ts';
import { type PlantedWorld, plantWorld } from '../support/planted-world.ts';
import { recordLog } from '../support/recorded-log.ts';
import { type Needle, needlesOf, needlesOfKey, plant } from '../support/secret-forms.ts';
import { consentFor, type RemoteAdmin, remoteAdmin } from '../support/simulated-consent.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startTokenTrap, type TokenTrap } from '../support/token-trap.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const POSTERN = join(CHECKOUT, 'scripts/postern');
const THROWER = join(import.meta.dirname, '../support/throw-on-signal.ts');
/** Files that are there to hold one secret, for the owner alone. */
const KEPT = new Set(['master.key', 'admin.token']);

describe('secrets that were planted everywhere', () => {
  let base: { path: string; remove(): Promise<void> };
  let simulator: Simulator;
  let trap: TokenTrap;
  let world: PlantedWorld;
  let admin: RemoteAdmin;
  let node: Child | undefined;
  let ports: { smtp: number; admin: number };
  /** What was answered and printed, by where it came from. */
  const told: [where: string, text: string][] = [];
  const consents: string[] = [];

  const at = (...parts: string[]) => join(base.path, ...parts);

  before(async function drive() {
    this.timeout(120_000);
    base = await temporaryDirectory();
    for (const name of ['own', 'data', 'data/certs', 'tmp', 'reports', 'work', 'out'])
      await mkdir(at(name), { recursive: true, mode: 0o700 });
    simulator = await startSimulator({ rotateRefreshTokens: true, tokenLifetime: 2000, limits: false });
    trap = await startTokenTrap(simulator);
    world = await plantWorld(at('own'), simulator, trap);
    for (const [index, pem] of world.authorities.entries())
      await writeFile(at('data/certs', `${index}.pem`), pem);
    ports = { smtp: await freePort(), admin: await freePort() };
    admin = remoteAdmin(ports.admin, at('data'));

    await freeListener();
    await start();
    await typeSettings();
    await signIn();
    await send();
    await verify();
    await ask();
    await commands();
    await crash();
  });
  after(async () => {
    await node?.kill();
    await world.close();
    await trap.close();
    await simulator.close();
    await base.remove();
  });

  /** The port of a new Postern may be taken on this machine. */
  async function freeListener(): Promise<void> {
    const app = await createApp(
      {
        dataDirectory: at('data'),
        database: { engine: 'sqlite', file: at('data/postern.db') },
        admin: { address: '127.0.0.1', port: 0, behindProxy: false },
        masterKeyFile: at('data/master.key'),
        log: { level: 'info', format: 'json' },
      },
      { log: recordLog().log, version: '0.0.0' },
    );
    const listeners = [{ name: 'devices', address: '127.0.0.1', port: ports.smtp }];
    await app.settings.apply({ listeners }, { by: 'test' });
    await app.stop(0);
  }

  async function start(): Promise<void> {
    const options = [`--data=${at('data')}`, `--admin=127.0.0.1:${ports.admin}`];
    node = startChild([POSTERN, 'serve', ...options, '--log-level=trace', '--log-format=json'], {
      cwd: at('work'),
      output: at('out', 'log'),
      env: {
        ...world.environment,
        TMPDIR: at('tmp'),
        NODE_OPTIONS: [
          `--import=${THROWER}`,
          '--report-uncaught-exception --report-on-signal --report-signal=SIGWINCH --report-on-fatalerror',
          `--report-directory=${at('reports')}`,
        ].join(' '),
      },
    });
    await eventually(async () => (await fetch(`${admin.url}/livez`)).ok, 20_000, 'the admin answers');
  }

  async function call(
    path: string,
    body?: unknown,
    method?: string,
  ): Promise<{ status: number; text: string }> {
    const answer = await admin.call(path, body, method);
    told.push([`${method ?? ''} ${path}`, answer.text]);
    return answer;
  }

  async function put(document: unknown): Promise<{ status: number; text: string }> {
    const token = (await readFile(at('data/admin.token'), 'utf8')).trim();
    const response = await fetch(`${admin.url}/api/v1/settings`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${token}`, 'If-Match': '*', 'Content-Type': 'application/json' },
      body: typeof document === 'string' ? document : JSON.stringify(document),
    });
    const text = await response.text();
    told.push(['PUT settings', text]);
    return { status: response.status, text };
  }

  /** Right, and with every slip that puts a secret where it does not belong. */
  async function typeSettings(): Promise<void> {
    const document = world.settings(ports.smtp, ports.admin);
    const { secrets } = world;
    const [first = expect.fail(), ...rest] = document.upstreams;
    const auth = { type: 'oauth2', provider: 'microsoft', clientId: 'x', tenantId: 'y' };
    for (const wrong of [
      { ...document, vault: secrets['vaultToken'] },
      {
        ...document,
        proxy: { url: `http://postern:${encodeURIComponent(secrets['proxyPassword'] ?? '')}@localhost:1` },
      },
      { ...document, users: [{ name: 'scanner', password: secrets['devicePassword'] }] },
      {
        ...document,
        upstreams: [{ ...first, authentication: { ...auth, clientSecret: secrets['clientSecret'] } }],
      },
      {
        ...document,
        upstreams: [
          { ...first, authentication: { ...auth, clientSecret: { valeu: secrets['clientSecret'] } } },
        ],
      },
      {
        ...document,
        upstreams: [
          { ...first, authentication: { ...auth, clientSecret: { [secrets['clientSecret'] ?? '']: 1 } } },
        ],
      },
      {
        ...document,
        upstreams: [
          { ...first, authentication: { ...auth, clientSecret: { sealed: secrets['clientSecret'] } } },
        ],
      },
      {
        ...document,
        upstreams: [
          ...rest,
          {
            name: 'x',
            kind: 'smtp',
            host: 'localhost',
            authentication: { type: 'password', user: 'u', password: secrets['passwordValue'] },
          },
        ],
      },
    ]) {
      expect((await put(wrong)).status).to.equal(422);
    }
    const broken = JSON.stringify(document);
    expect((await put(broken.slice(0, -20))).status).to.equal(400);
    expect((await put(broken.replace('"value"', '"value'))).status).to.equal(400);
    const taken = await put(document);
    expect(taken.status, taken.text).to.equal(200);
    await greeted(ports.smtp, 10_000);
  }

  async function signIn(): Promise<void> {
    for (const upstream of ['office', 'person', 'person']) {
      const consent = await consentFor(admin, simulator, upstream);
      expect(consent.page.status, consent.page.text).to.equal(upstream === 'office' ? 200 : 400);
      told.push([`the page of ${upstream}`, consent.page.text]);
      const { searchParams } = consent.redirected;
      consents.push(searchParams.get('code') ?? '', searchParams.get('state') ?? '');
      await call(`/api/v1/sign-ins/${consent.id}`);
      // What was good once is tried again, and by hand.
      await call('/api/v1/sign-ins/finish', { address: consent.redirected.href });
      const again = await fetch(consent.redirected);
      told.push(['the page of a second time', await again.text()]);
    }
    expect((await call('/api/v1/upstreams/device/authorization', {})).status).to.equal(201);
  }

  /** A message for each upstream, and devices that sign in wrongly. */
  async function send(): Promise<void> {
    const document = world.settings(ports.smtp, ports.admin);
    const secret = world.secrets['devicePassword'] ?? '';
    const client = await SmtpClient.ready(ports.smtp, { deadline: 10_000 });
    for (const line of [
      `AUTH PLAIN ${encoded(`\0scanner\0${secret}x`)}`,
      `AUTH PLAIN ${encoded(`\0stranger\0${secret}`)}`,
      `AUTH PLAIN ${encoded(secret)}`,
      `AUTH NONSENSE ${encoded(secret)}`,
      `NONSENSE ${encoded(`\0scanner\0${secret}`)}`,
    ]) {
      const reply = await client.ask(line);
      told.push(['SMTP', reply.text]);
      expect(reply.code, line).to.be.at.least(500);
    }
    client.destroy();
    for (const { name } of document.upstreams) {
      const sender = await SmtpClient.ready(ports.smtp, { deadline: 10_000 });
      const reply = await sender.message(
        `device@${name}.example`,
        ['to@example.net'],
        'Subject: Toner\r\n\r\nlow',
      );
      expect(reply.code, reply.text).to.equal(250);
      sender.destroy();
    }
    await eventually(
      async () => {
        const log = await readFile(at('out/log'), 'utf8');
        const paused = [...log.matchAll(/"upstream":"([\w-]+)","circuit":"open"/g)].map(([, name]) => name);
        return new Set(paused).size >= document.upstreams.length - 4;
      },
      10_000,
      'nearly all upstreams are paused',
    );
    await eventually(() => simulator.messages().length > 0, 10_000, 'the good one has arrived');
  }

  async function verify(): Promise<void> {
    const { upstreams } = world.settings(ports.smtp, ports.admin);
    const one = async (name: string, times: number) => {
      for (let time = 0; time < times; time += 1) {
        const more = time % 2 === 0 ? {} : { sendTo: 'to@example.net', senders: ['device@example.com'] };
        const { status, text } = await call('/api/v1/verify', { upstream: name, ...more });
        expect(status, text).to.equal(200);
      }
    };
    for (const { name } of upstreams)
      await one(name, /^(post|basic|certificate|assertion|google)$/.test(name) ? ECHOES : 4);
    // Settings that are not saved, with another secret.
    const document = world.settings(ports.smtp, ports.admin);
    await call('/api/v1/verify', { upstream: 'value', settings: document });
    for (const { name } of upstreams) await call(`/api/v1/upstreams/${name}/probe`, {});
  }

  /** Everything that the API shows. */
  async function ask(): Promise<void> {
    const token = (await readFile(at('data/admin.token'), 'utf8')).trim();
    const { text } = await call('/api/v1/queue');
    for (const [, id = ''] of text.matchAll(/"id":"([0-9A-Z]{16})"/g)) await call(`/api/v1/queue/${id}`);
    for (const path of [
      '/api/v1/settings',
      '/api/v1/settings/history',
      '/api/v1/settings/history/1',
      '/api/v1/settings/history/2',
      '/api/v1/authorizations',
      '/api/v1/upstreams',
      '/api/v1/queue/counts',
      '/api/v1/alerts',
      '/api/v1/expiry',
      '/api/v1/denied',
      '/api/v1/openapi.json',
      '/metrics',
      '/readyz',
      `/api/v1/settings?token=${token}`,
      `/api/v1/${token}`,
      `/login/authorize/${token}`,
    ]) {
      await call(path);
    }
    for (const headers of [
      { Authorization: `Bearer ${token}x` },
      { Authorization: `Basic ${token}` },
      { Cookie: `session=${token}` },
    ]) {
      const response = await fetch(`${admin.url}/api/v1/settings`, { headers });
      expect(response.status).to.equal(401);
      told.push(['refused', await response.text()]);
    }
    await eventually(
      async () => {
        await call('/api/v1/verify', { upstream: 'office' });
        return trap.passed.some(({ form }) => form.get('grant_type') === 'refresh_token');
      },
      10_000,
      'a token that was renewed',
    );
    await call('/api/v1/settings/rollback', { revision: 1 });
    expect((await put(world.settings(ports.smtp, ports.admin))).status).to.equal(200);
  }

  async function commands(): Promise<void> {
    const place = [`--admin=127.0.0.1:${ports.admin}`, `--data=${at('data')}`];
    const wrong = at('own', 'wrong.yaml');
    await writeFile(wrong, wrongYaml(world.secrets['clientSecret'] ?? ''));
    for (const argv of [
      ['verify', '--upstream', 'bearer', ...place],
      ['verify', '--upstream', 'basic', '--json', ...place],
      ['settings', 'get', ...place],
      ['settings', 'history', ...place],
      ['alerts', ...place],
      ['queue', 'list', '--json', ...place],
      ['backup', at('out', 'backup.db'), ...place],
      ['check', wrong],
      ['settings', 'apply', wrong, ...place],
    ]) {
      const { out, err } = await typed(argv);
      expect(out + err, argv.join(' ')).to.not.equal('');
      told.push([`postern ${argv.join(' ')}`, out + err]);
    }
    const database = plant();
    consents.push(database);
    const url = `postgres://postern:${encodeURIComponent(database)}@127.0.0.1:1/x`;
    const child = startChild([POSTERN, 'serve', `--data=${at('out', 'other')}`, `--database=${url}`], {
      output: at('out', 'not-started'),
      cwd: at('work'),
      env: { TMPDIR: at('tmp') },
    });
    const late = setTimeout(() => void child.kill(), 20_000);
    expect(await child.ended).to.equal(1);
    clearTimeout(late);
  }

  /** An error that carries what a library had been given, then SIGABRT, then kill -9 with everything in the WAL. */
  async function crash(): Promise<void> {
    const child = node ?? expect.fail();
    child.process.kill('SIGWINCH');
    await eventually(async () => (await readdir(at('reports'))).length > 0, 10_000, 'a report of Node');
    child.process.kill('SIGUSR2');
    expect(await child.ended).to.equal(1);
    expect(await readFile(at('out/log'), 'utf8')).to.contain('a planted fault around it');
    await start();
    node?.process.kill('SIGABRT');
    expect(await node?.ended).to.be.oneOf(['SIGABRT', 134]);
    await start();
    await greeted(ports.smtp, 10_000);
    // So that there is something in the log of the store that nobody has brought into its file.
    expect((await put(world.settings(ports.smtp, ports.admin))).status).to.equal(200);
    await node?.kill();
  }

  /** All that is looked for, by name. */
  async function needles(): Promise<Map<string, readonly Needle[]>> {
    const all = new Map<string, readonly Needle[]>();
    const add = (name: string, secret: string) => {
      if (secret !== '') all.set(name, needlesOf(secret));
    };
    for (const [name, secret] of Object.entries(world.secrets)) add(name, secret);
    for (const [name, pem] of Object.entries(world.keys)) all.set(`the key of ${name}`, needlesOfKey(pem));
    for (const [index, { form, json }] of trap.passed.entries()) {
      for (const name of ['code', 'code_verifier', 'refresh_token', 'client_assertion'])
        add(`${name} ${index}`, form.get(name) ?? '');
      for (const name of ['access_token', 'refresh_token', 'id_token']) {
        const token = json[name];
        if (typeof token === 'string') add(`given ${name} ${index}`, token);
      }
    }
    for (const [index, code] of consents.entries()) add(`consent ${index}`, code);
    const heard = world.heard();
    for (const name of ['client_assertion', 'assertion', 'device_code', 'code_verifier', 'code']) {
      for (const [index, match] of [...heard.matchAll(sent(name))].entries())
        add(`sent ${name} ${index}`, decodeURIComponent(match[1] ?? ''));
    }
    for (const name of KEPT) add(name, (await readFile(at('data', name), 'utf8')).trim());
    return all;
  }

  it('were all used: the hostile servers have seen them', async () => {
    const heard = world.heard();
    // These go to nobody, come from the servers, or go in a LOGIN that the servers do not keep.
    const silent = new Set(['failingCommand', 'devicePassword', 'refreshToken', 'passwordCommand']);
    for (const [name, secret] of Object.entries(world.secrets))
      if (!silent.has(name)) expect(heard.includes(secret), name).to.equal(true);
    for (const word of ['device_code=', 'client_assertion=', 'assertion=', 'code_verifier='])
      expect(heard).to.contain(word);
    expect(trap.passed.some(({ form }) => form.get('grant_type') === 'refresh_token')).to.equal(true);
  });

  it('would be found in every form', async () => {
    const secret = plant();
    const hidden = needlesOf(secret);
    const bytes = Buffer.from(secret);
    for (const text of [
      `a ${secret} b`,
      `a ${bytes.toString('base64')}`,
      Buffer.from(`\0user\0${secret}`).toString('base64'),
      Buffer.from(`user=x\u0001auth=Bearer ${secret}\u0001\u0001`).toString('base64'),
      encodeURIComponent(secret),
      bytes.toString('hex'),
      secret.split('').toReversed().join(''),
      `${secret.slice(0, 16)}…`,
      `…${secret.slice(-16)}`,
      JSON.stringify({ secret }),
    ]) {
      expect(found(Buffer.from(text), hidden), text).to.not.equal(undefined);
    }
    expect(found(Buffer.from(plant()), hidden)).to.equal(undefined);
  });

  it('are in nothing that was written or answered', async () => {
    const all = await needles();
    const leaks: string[] = [];
    const look = (where: string, content: Buffer) => {
      for (const [name, forms] of all) {
        const leak = found(content, forms);
        if (leak !== undefined) leaks.push(`${where}: ${name}, ${leak}`);
      }
    };
    let files = 0;
    for (const directory of ['data', 'tmp', 'reports', 'work', 'out']) {
      for (const entry of await readdir(at(directory), { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || KEPT.has(entry.name)) continue;
        files += 1;
        look(relative(base.path, path), await readFile(path));
      }
    }
    for (const [where, text] of told) look(where, Buffer.from(text));
    console.log(`      ${all.size} secrets looked for in ${files} files and ${told.length} answers`);
    expect(files).to.be.greaterThan(7);
    expect(all.size).to.be.greaterThan(30);
    expect([...new Set(leaks)]).to.deep.equal([]);
  });
});

const encoded = (text: string) => Buffer.from(text).toString('base64');

/** Fields of forms with this name. */
const sent = (name: string) => new RegExp(`${name}=([\\w.~%-]{20,})`, 'g');

function found(content: Buffer, needles: readonly Needle[]): string | undefined {
  for (const { form, bytes } of needles) {
    const place = content.indexOf(bytes);
    if (place !== -1)
      return `${form}, behind “${content.toString('latin1', Math.max(0, place - 60), place)}”`;
  }
  return undefined;
}

/** A slip of the pen in each of the two places where a parser may quote what it read. */
function wrongYaml(secret: string): string {
  return [
    'upstreams:',
    '  - name: x',
    '    kind: smtp',
    '    host: localhost',
    `    authentication: { type: password, user: u, password: ${JSON.stringify(secret)} }`,
    `   password: ${JSON.stringify(secret)}`,
  ].join('\n');
}
