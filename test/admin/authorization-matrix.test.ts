/**
 * Who may call what: every route of a whole Postern for every kind of caller. What is expected is written here by hand, and not read from
 * the routes, so that a route that declares the wrong thing is found. Bodies are broken on purpose: whoever is let in gets as far as
 * that (400), and nothing is done.
 */
import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildPage, PAGE_DIRECTORY } from '../../scripts/page/build.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';

/** Who may call each route: anybody, whoever is signed in, or those with a permission. Mind each line; do not copy it from the route. */
const ROUTES: Readonly<Record<string, string>> = {
  // Probes, and what a browser needs before anybody is signed in.
  'GET /livez': 'public',
  'GET /readyz': 'public',
  // Public on a loopback address without a proxy; this one has a proxy in front.
  'GET /metrics': 'status.read',
  'GET /': 'public',
  'GET /assets/:name': 'public',
  'GET /favicon.svg': 'public',
  'GET /api/v1/openapi.json': 'public',
  'GET /login/authorize/:id': 'public',
  'GET /login/smtp-verification': 'public',
  'GET /pmpredirect/AzureOAuth': 'public',
  'GET /login/style.css': 'public',
  'GET /api/v1/setup': 'public',
  'POST /api/v1/setup': 'public',
  'POST /api/v1/session': 'public',
  // One's own.
  'GET /api/v1/session': 'signed-in',
  'DELETE /api/v1/session': 'signed-in',
  'GET /api/v1/sessions': 'signed-in',
  'DELETE /api/v1/sessions': 'signed-in',
  'DELETE /api/v1/sessions/:id': 'signed-in',
  'PUT /api/v1/session/password': 'signed-in',
  'POST /api/v1/session/second-factor/new': 'signed-in',
  'PUT /api/v1/session/second-factor': 'signed-in',
  'DELETE /api/v1/session/second-factor': 'signed-in',
  // How it goes.
  'GET /api/v1/overview': 'status.read',
  'GET /api/v1/traffic': 'status.read',
  'GET /api/v1/events': 'status.read',
  'GET /api/v1/alerts': 'status.read',
  'GET /api/v1/expiry': 'status.read',
  'GET /api/v1/upstreams': 'status.read',
  'GET /api/v1/authorizations': 'status.read',
  // Mail.
  'GET /api/v1/queue': 'messages.read',
  'GET /api/v1/queue/counts': 'messages.read',
  'GET /api/v1/queue/:id': 'messages.read',
  'GET /api/v1/messages/wait': 'messages.read',
  'GET /api/v1/queue/:id/content': 'messages.content',
  'GET /api/v1/messages/:id/content': 'messages.content',
  'GET /api/v1/messages/:id/html': 'messages.content',
  'GET /api/v1/messages/:id/parts/:number': 'messages.content',
  'POST /api/v1/queue/retry': 'messages.act',
  'POST /api/v1/queue/hold': 'messages.act',
  'POST /api/v1/queue/delete': 'messages.act',
  'POST /api/v1/queue/release': 'messages.act',
  'POST /api/v1/queue/:id/copy': 'messages.act',
  'POST /api/v1/send-test': 'mail.send',
  // Devices.
  'GET /api/v1/devices': 'devices.read',
  'GET /api/v1/listeners': 'devices.read',
  'GET /api/v1/denied': 'devices.read',
  'DELETE /api/v1/denied/:address': 'devices.allow',
  'POST /api/v1/devices/allow': 'devices.allow',
  // Settings.
  'GET /api/v1/settings': 'settings.read',
  'GET /api/v1/settings/yaml': 'settings.read',
  'GET /api/v1/settings/schema': 'settings.read',
  'GET /api/v1/settings/presets': 'settings.read',
  'GET /api/v1/settings/history': 'settings.read',
  'GET /api/v1/settings/history/:revision': 'settings.read',
  'GET /api/v1/settings/history/:revision/differences': 'settings.read',
  // Takes a file apart that the caller has, and keeps nothing.
  'POST /api/v1/settings/google-client': 'settings.read',
  'PUT /api/v1/settings': 'settings.write',
  'PUT /api/v1/settings/yaml': 'settings.write',
  'POST /api/v1/settings/rollback': 'settings.write',
  'POST /api/v1/upstreams/:name/probe': 'upstreams.verify',
  'POST /api/v1/verify': 'upstreams.verify',
  'POST /api/v1/upstreams/:name/authorization': 'authorizations.manage',
  'DELETE /api/v1/upstreams/:name/authorization': 'authorizations.manage',
  'GET /api/v1/sign-ins/:id': 'authorizations.manage',
  'POST /api/v1/sign-ins/finish': 'authorizations.manage',
  // Certificates.
  'GET /api/v1/trust-anchors': 'certificates.read',
  'POST /api/v1/trust-anchors': 'certificates.write',
  'DELETE /api/v1/trust-anchors/:id': 'certificates.write',
  'GET /api/v1/server-certificates': 'certificates.read',
  'POST /api/v1/server-certificates': 'certificates.write',
  'PUT /api/v1/server-certificates/:name': 'certificates.write',
  'POST /api/v1/server-certificates/:name/request': 'certificates.write',
  'DELETE /api/v1/server-certificates/:name': 'certificates.write',
  // Connects to any server that is named, which reading does not need.
  'POST /api/v1/certificates/fetch': 'certificates.write',
  // Who may use the admin.
  'GET /api/v1/users': 'access.manage',
  'POST /api/v1/users': 'access.manage',
  'PATCH /api/v1/users/:id': 'access.manage',
  'DELETE /api/v1/users/:id': 'access.manage',
  'GET /api/v1/tokens': 'access.manage',
  'POST /api/v1/tokens': 'access.manage',
  'DELETE /api/v1/tokens/:id': 'access.manage',
  // Only for the machine, which the route itself sees to.
  'POST /api/v1/setup/link': 'access.manage',
  'GET /api/v1/audit': 'audit.read',
  'POST /api/v1/backup': 'backup.make',
};

/** Addresses of the page: the same files for everybody, with nothing in them that is not published. Which there are is up to the build. */
const PAGE =
  /^GET \/(?:email|devices|messages|certificates|users|profile|audit|settings|document|setup|sign-in)(?:\/(?:[a-z-]+|:[a-z]+)){0,2}$/;

function accessOf(route: string): string | undefined {
  return ROUTES[route] ?? (PAGE.test(route) ? 'public' : undefined);
}

const VIEWER = ['status.read', 'messages.read', 'devices.read', 'settings.read', 'certificates.read'];
const OPERATOR = [
  ...VIEWER,
  'messages.content',
  'messages.act',
  'mail.send',
  'devices.allow',
  'upstreams.verify',
];
const ADMINISTRATOR = [
  ...OPERATOR,
  'settings.write',
  'authorizations.manage',
  'certificates.write',
  'access.manage',
  'audit.read',
  'backup.make',
];
/** What only the machine holds, and tokens that are made there. */
const ALL = [...ADMINISTRATOR, 'settings.machine-secrets'];
const ROLES = { viewer: VIEWER, operator: OPERATOR, administrator: ADMINISTRATOR } as const;

/** What is left to somebody who has to choose a password first. */
const BEFORE_NEW_PASSWORD = ['GET /api/v1/session', 'DELETE /api/v1/session', 'PUT /api/v1/session/password'];

const LET_IN = 400;
const PASSWORD = 'four unusual words together';

type Headers = Readonly<Record<string, string>>;

describe('who may call what', function matrix() {
  this.timeout(60_000);
  let relay: Relay;
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let machine: Headers;
  const sessions = new Map<string, Headers>();
  const tokens = new Map<string, Headers>();

  before(async () => {
    // Its addresses are routes too, once it is built.
    await buildPage({ outdir: PAGE_DIRECTORY });
    relay = await startRelay(relaySettings(), {
      admin: { address: '127.0.0.1', port: 0, behindProxy: true },
    });
    const text = await readFile(join(relay.directory, 'admin.token'), 'utf8');
    machine = { authorization: `Bearer ${text.trim()}` };
    for (const role of ['administrator', 'operator', 'viewer', 'newcomer'] as const) {
      const made = role === 'newcomer' ? 'administrator' : role;
      await api('POST', '/api/v1/users', machine, { name: role, role: made, password: PASSWORD });
      const first = await signIn(role, PASSWORD);
      if (role === 'newcomer') {
        sessions.set(role, first);
        continue;
      }
      const password = `${PASSWORD} of ${role}`;
      const { cookie } = await api('PUT', '/api/v1/session/password', first, { current: PASSWORD, password });
      sessions.set(role, { ...first, cookie });
    }
    for (const scope of ALL) {
      const { json } = await api('POST', '/api/v1/tokens', machine, { name: scope, scopes: [scope] });
      tokens.set(scope, { authorization: `Bearer ${secretOf(json)}` });
    }
  });
  after(async () => {
    agent.destroy();
    await relay.remove();
  });

  const port = () => relay.app.admin.address().port;
  const own = () => ({ host: `127.0.0.1:${port()}`, origin: `http://127.0.0.1:${port()}` });

  interface Answered {
    readonly status: number;
    readonly cookie: string;
    readonly json: unknown;
  }

  function send(method: string, path: string, headers: Headers, body: string): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: port(),
          agent,
          method,
          path,
          headers: {
            ...own(),
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(body)),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.on('end', () => {
            const cookie = (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
            resolve({ status: response.statusCode ?? 0, cookie, json: parsed(text) });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  async function api(method: string, path: string, headers: Headers, body: unknown): Promise<Answered> {
    const answered = await send(method, path, headers, JSON.stringify(body));
    expect(answered.status, `${method} ${path}: ${JSON.stringify(answered.json)}`).to.be.within(200, 299);
    return answered;
  }

  async function signIn(name: string, password: string): Promise<Headers> {
    const { cookie } = await api('POST', '/api/v1/session', {}, { name, password });
    return { cookie };
  }

  /** Calls every route, with a body that is broken; answers with those that did otherwise than expected. */
  async function surprises(
    headersOf: (index: number) => Headers,
    expected: (route: string, access: string) => number,
  ): Promise<readonly string[]> {
    const { routes } = relay.app.admin;
    const calls = routes.map(async ({ method, path }, index) => {
      const route = `${method.toUpperCase()} ${path}`;
      const access = accessOf(route);
      if (access === undefined) return [];
      const { status } = await send(method.toUpperCase(), path.replace(/:\w+/g, 'x'), headersOf(index), '{');
      const wanted = expected(route, access);
      return status === wanted ? [] : [`${route}: ${status} in place of ${wanted}`];
    });
    return (await Promise.all(calls)).flat();
  }

  it('is written here for every route there is, and for no other', () => {
    const there = relay.app.admin.routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const missing = there.filter((route) => accessOf(route) === undefined);
    const gone = Object.keys(ROUTES).filter((route) => !there.includes(route));
    expect(missing, 'add to ROUTES of this test, by hand, who may call').to.deep.equal([]);
    expect(gone, 'remove from ROUTES of this test').to.deep.equal([]);
  });

  const strangers = [
    ['nobody', {}],
    ['a token that is none', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['a session that is none', { cookie: `postern-session=${'x'.repeat(43)}` }],
    ['another scheme', { authorization: 'Basic cm9vdDpyb290' }],
  ] as const satisfies readonly (readonly [string, Headers])[];
  for (const [who, headers] of strangers) {
    it(`lets ${who} call what is public, and nothing else`, async () => {
      const found = await surprises(
        // Each from another address, or the tenth failure would be told to wait.
        (index) => ({ ...headers, 'x-forwarded-for': `192.0.2.${index}` }),
        (_route, access) => (access === 'public' ? LET_IN : 401),
      );
      expect(found).to.deep.equal([]);
    });
  }

  for (const [role, permissions] of Object.entries<readonly string[]>(ROLES)) {
    it(`lets a ${role} call what the role may, and nothing else`, async () => {
      const found = await surprises(
        () => sessions.get(role) ?? {},
        (_route, access) =>
          access === 'public' || access === 'signed-in' || permissions.includes(access) ? LET_IN : 403,
      );
      expect(found).to.deep.equal([]);
    });
  }

  it('lets somebody with a given password choose another one, and nothing else', async () => {
    const found = await surprises(
      () => sessions.get('newcomer') ?? {},
      (route, access) => (access === 'public' || BEFORE_NEW_PASSWORD.includes(route) ? LET_IN : 403),
    );
    expect(found).to.deep.equal([]);
  });

  for (const scope of ALL) {
    it(`lets a token with the scope ${scope} call that, and nothing else`, async () => {
      const found = await surprises(
        () => tokens.get(scope) ?? {},
        (_route, access) => (access === 'public' || access === scope ? LET_IN : 403),
      );
      expect(found).to.deep.equal([]);
    });
  }

  it('lets the machine call everything but what belongs to people', async () => {
    const found = await surprises(
      () => machine,
      (_route, access) => (access === 'signed-in' ? 403 : LET_IN),
    );
    expect(found).to.deep.equal([]);
  });

  for (const [what, headers] of [
    ['of another origin', { origin: 'https://evil.example' }],
    ['of no origin', { origin: 'null' }],
    ['of another port', { origin: 'http://127.0.0.1:1' }],
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
  ] as const satisfies readonly (readonly [string, Headers])[]) {
    it(`answers no page ${what}, whoever it acts for, but for reading what is public outside of the API`, async () => {
      for (const caller of [sessions.get('administrator') ?? {}, machine, {}]) {
        const found = await surprises(
          () => ({ ...caller, ...headers }),
          (route, access) => {
            if (/^GET \/(?!api\/)/.test(route))
              return access === 'public' || 'cookie' in caller || 'authorization' in caller ? LET_IN : 401;
            return 403;
          },
        );
        expect(found).to.deep.equal([]);
      }
    });
  }

  it('takes no change with a session from a browser that does not say where it comes from', async () => {
    const { cookie = '' } = sessions.get('administrator') ?? {};
    const { status } = await new Promise<{ status: number }>((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: port(), method: 'DELETE', path: '/api/v1/users/x', headers: { cookie } },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0 });
        },
      );
      request.on('error', reject);
      request.end();
    });
    expect(status).to.equal(403);
  });

  it('answers under no name that is not ours, but for probes', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
      const found = await surprises(
        () => ({ ...machine, host, origin: `http://${host}` }),
        (route) => (route === 'GET /livez' || route === 'GET /readyz' ? LET_IN : 403),
      );
      expect(found).to.deep.equal([]);
    }
  });

  describe('asks for more than the permission of the route', () => {
    const ID = '0000000000000001';
    const upstream = { name: 'office', kind: 'smtp', host: '127.0.0.1', port: 9, security: 'none' };
    const withFile = {
      upstreams: [
        { ...upstream, authentication: { type: 'password', user: 'u', password: { file: 'master.key' } } },
      ],
    };
    for (const [what, scope, method, path, body, status] of [
      [
        'to send what a message says to somebody',
        'messages.act',
        'POST',
        `/api/v1/queue/${ID}/copy`,
        { to: 'a@example.com' },
        403,
      ],
      [
        'to connect to any host',
        'upstreams.verify',
        'POST',
        '/api/v1/verify',
        { upstream: 'office', settings: { upstreams: [upstream] } },
        403,
      ],
      [
        'to send a mail with a test',
        'upstreams.verify',
        'POST',
        '/api/v1/verify',
        { upstream: 'test-relay', sendTo: 'a@example.com' },
        403,
      ],
      [
        'to make a link for another administrator',
        'access.manage',
        'POST',
        '/api/v1/setup/link',
        undefined,
        403,
      ],
      [
        'to make an administrator',
        'access.manage',
        'POST',
        '/api/v1/users',
        { name: 'mallory', role: 'administrator' },
        403,
      ],
      [
        'to make a token with more',
        'access.manage',
        'POST',
        '/api/v1/tokens',
        { name: 'mallory', scopes: ['settings.write'] },
        403,
      ],
      ['to read files of the machine', 'settings.write', 'PUT', '/api/v1/settings', withFile, 422],
      [
        'to read files of the machine in a dry run',
        'settings.write',
        'PUT',
        '/api/v1/settings?dryRun=true',
        withFile,
        422,
      ],
      [
        'to read files of the machine as YAML',
        'settings.write',
        'PUT',
        '/api/v1/settings/yaml',
        { yaml: JSON.stringify(withFile) },
        422,
      ],
    ] as const) {
      it(what, async () => {
        const headers = { ...tokens.get(scope), 'if-match': '*' };
        const answered = await send(method, path, headers, body === undefined ? '' : JSON.stringify(body));
        expect(answered.status, JSON.stringify(answered.json)).to.equal(status);
      });
    }

    it('of administrators of the page too, where the machine is concerned', async () => {
      const session = sessions.get('administrator') ?? {};
      const more = { ...session, 'if-match': '*' };
      const saved = await send('PUT', '/api/v1/settings', more, JSON.stringify(withFile));
      expect(saved.status).to.equal(422);
      expect(JSON.stringify(saved.json))
        .to.contain('upstreams[0].authentication.password')
        .and.contain('settings apply FILE');
      const tried = await send(
        'POST',
        '/api/v1/verify',
        session,
        JSON.stringify({ upstream: 'office', settings: withFile }),
      );
      expect(tried.status).to.equal(422);
      const token = { name: 'mallory', scopes: ['settings.machine-secrets'] };
      expect((await send('POST', '/api/v1/tokens', session, JSON.stringify(token))).status).to.equal(403);
      expect((await send('POST', '/api/v1/setup/link', session, '')).status).to.equal(403);
      const checked = await send(
        'PUT',
        '/api/v1/settings?dryRun=true',
        { ...machine, 'if-match': '*' },
        JSON.stringify(withFile),
      );
      expect(checked.status, JSON.stringify(checked.json)).to.equal(200);
    });
  });

  it('has left everything as it was', async () => {
    const users = await send('GET', '/api/v1/users', machine, '');
    expect(users.json).to.have.property('users').with.lengthOf(4);
    const listed = await send('GET', '/api/v1/tokens', machine, '');
    expect(listed.json).to.have.property('tokens').with.lengthOf(ALL.length);
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function secretOf(json: unknown): string {
  return typeof json === 'object' && json !== null && 'secret' in json ? String(json.secret) : '';
}
