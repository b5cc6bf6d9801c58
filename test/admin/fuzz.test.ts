/** Whatever is sent to any route of the table: it is answered in time, in the one shape of errors, and changes nothing. */
import { readFile } from 'node:fs/promises';
import { Agent, request as send } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { SETUP_LINK_FILE } from '../../src/access/setup.ts';
import { ADMIN_TOKEN_FILE } from '../../src/admin/admin-token.ts';
import { errorSchema } from '../../src/admin/contract.ts';
import { oddAt, placesIn, RawJson, replaced, sampleOf, textOf } from '../support/api-samples.ts';
import { type DescribedApi, type DescribedOperation, describedApi } from '../support/described-api.ts';
import { type Relay, startRelay } from '../support/relay.ts';

/** Milliseconds in which everything is answered. */
const DEADLINE = 5000;
const AT_ONCE = 8;

interface Wrong {
  readonly operation: DescribedOperation;
  /** What is wrong with it, for people. */
  readonly name: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The description says that it is not taken. */
  readonly refused: boolean;
  /** A fault has to name this. */
  readonly names?: string;
}

describe('whatever is sent to the admin interface', function () {
  this.timeout(60_000);
  let relay: Relay;
  let api: DescribedApi;
  let token: string;
  let cookie = '';
  const known: Record<string, string> = {};

  before(async () => {
    relay = await startRelay();
    token = (await readFile(join(relay.directory, ADMIN_TOKEN_FILE), 'utf8')).trim();
    api = describedApi(JSON.parse((await answer({ method: 'GET', path: '/api/v1/openapi.json' })).text));
    known['id'] = (await relay.send()).id;
    const link = await readFile(join(relay.directory, SETUP_LINK_FILE), 'utf8');
    const setup = {
      token: /#(?:token=)?([\w-]+)\s*$/.exec(link)?.[1],
      name: 'anna',
      password: 'correct horse battery',
    };
    const { cookie: given } = await answer({
      method: 'POST',
      path: '/api/v1/setup',
      body: JSON.stringify(setup),
    });
    cookie = given;
    expect(cookie).to.not.equal('');
  });

  /** What belongs to people is asked for by one, the rest by the machine. */
  function credentials(method: string, path: string): Readonly<Record<string, string>> {
    const own =
      /^\/api\/v1\/sessions?(?:[/?]|$)/.test(path) && !(method === 'POST' && path === '/api/v1/session');
    return own ? { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' } : { Authorization: `Bearer ${token}` };
  }
  after(async () => {
    await relay.remove();
  });

  function answer(call: {
    readonly method: string;
    readonly path: string;
    readonly body?: string | Buffer | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly agent?: Agent;
  }): Promise<{ readonly status: number; readonly text: string; readonly cookie: string }> {
    const { method, path, body, headers = {}, agent } = call;
    return new Promise((resolve, reject) => {
      const outgoing = send({
        ...(agent === undefined ? {} : { agent }),
        host: '127.0.0.1',
        port: relay.app.admin.address().port,
        method,
        path,
        headers: {
          ...credentials(method, path),
          'If-Match': '*',
          ...(body === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
          ...headers,
        },
        signal: AbortSignal.timeout(DEADLINE),
      });
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        const pieces: Buffer[] = [];
        // A stream of events does not end; that it began is the answer.
        if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
          response.destroy();
          resolve({ status: response.statusCode ?? 0, text: '', cookie: '' });
          return;
        }
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(pieces).toString(),
            cookie: (response.headers['set-cookie'] ?? []).map((one) => one.replace(/;.*/, '')).join('; '),
          }),
        );
      });
      outgoing.end(body);
    });
  }

  /** What an administrator could miss, as it stands. */
  async function state(): Promise<string> {
    const rooms = [
      'settings',
      'queue',
      'users',
      'tokens',
      'trust-anchors',
      'certificates',
      'settings/history',
    ];
    const there = rooms.filter((room) => api.operations.some(({ path }) => path === `/api/v1/${room}`));
    const answers = await Promise.all(
      there.map((room) => answer({ method: 'GET', path: `/api/v1/${room}` })),
    );
    return answers.map(({ text }) => text.replaceAll(/"(?:usedAt|seenAt)":\d+/g, '')).join('\n');
  }

  /** Sends all, and says what was not answered as it should. */
  async function wronglyAnswered(calls: readonly Wrong[]): Promise<readonly string[]> {
    const faults: string[] = [];
    // Of its own, so that no connection was idle before.
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const waiting = calls.values();
    const work = async (): Promise<void> => {
      for (const { operation, name, path, body, headers, refused, names } of waiting) {
        const where = `${operation.method} ${path.slice(0, 100)}: ${name}`;
        try {
          const { status, text } = await answer({ method: operation.method, path, body, headers, agent });
          const fault = faultOf(status, text, refused, names);
          if (fault !== undefined) faults.push(`${where}: ${fault}`);
        } catch (error) {
          faults.push(`${where}: ${String(error)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    agent.destroy();
    return faults;
  }

  const paths = (operation: DescribedOperation, segment?: string): string =>
    operation.path.replaceAll(
      /\{(\w+)\}/g,
      (_match, name: string) => segment ?? encodeURIComponent(known[name] ?? 'x'),
    );

  const withBody = () =>
    api.operations.flatMap((operation) => (operation.body === undefined ? [] : [operation]));

  it('is refused by name, in bodies', async () => {
    const before = await state();
    const calls = withBody().flatMap((operation) => bodiesFor(operation));
    expect(calls.length).to.be.above(500);
    expect(await wronglyAnswered(calls)).to.deep.equal([]);
    expect(await state()).to.equal(before);
  });

  /** Every place of a good body with everything odd in it, as far as the description says that it is wrong. */
  function bodiesFor(operation: DescribedOperation): readonly Wrong[] {
    const { body } = operation;
    if (body === undefined) return [];
    const good = sampleOf(body.schema, api.resolve, true);
    const typed = placesIn(good).flatMap((place, number) =>
      oddAt(place, number).flatMap(([name, odd]): readonly Wrong[] => {
        const wrong = replaced(good, place, odd);
        const text = textOf(wrong);
        const parsed: unknown = text === '' ? undefined : JSON.parse(text);
        if (body.valid(parsed)) return [];
        return [
          {
            operation,
            name: `${name} at ${place.join('.') || 'the top'}`,
            path: paths(operation),
            body: text,
            refused: true,
          },
        ];
      }),
    );
    const extra = isPlain(good) ? [{ ...good, unknownKey: 1 }] : [];
    const unknown = extra
      .filter((one) => !body.valid(one))
      .map(
        (one): Wrong => ({
          operation,
          name: 'an unknown key',
          path: paths(operation),
          body: textOf(one),
          refused: true,
          names: 'unknownKey',
        }),
      );
    return [...typed, ...unknown];
  }

  it('is refused, as a body that is none', async () => {
    const before = await state();
    const calls = api.operations.flatMap((operation) => {
      const wrong = (
        name: string,
        body: string | Buffer,
        headers: Readonly<Record<string, string>> = {},
      ): Wrong => ({
        operation,
        name,
        path: paths(operation),
        body,
        headers,
        refused: operation.method !== 'GET' || name === 'two megabytes',
      });
      return [
        wrong('a form', 'all=true', { 'Content-Type': 'application/x-www-form-urlencoded' }),
        wrong('text', '{"all":true}', { 'Content-Type': 'text/plain' }),
        wrong('parts', '--x\r\n\r\n{}\r\n--x--', { 'Content-Type': 'multipart/form-data; boundary=x' }),
        wrong('another character set', '{}', { 'Content-Type': 'application/json; charset=utf-16' }),
        wrong('a compressed body', Buffer.from('1f8b08', 'hex'), { 'Content-Encoding': 'gzip' }),
        wrong('a type that is none', '{}', { 'Content-Type': '///' }),
        wrong('half a body', '{"all": tr'),
        wrong('bytes that are no text', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22])),
        wrong('several values', '{}{}'),
      ];
    });
    expect(await wronglyAnswered(calls)).to.deep.equal([]);
    const large = Buffer.alloc(2 * 1024 * 1024, ' ');
    const largest = withBody().map(
      (operation): Wrong => ({
        operation,
        name: 'two megabytes',
        path: paths(operation),
        body: large,
        refused: true,
      }),
    );
    expect(await wronglyAnswered(largest)).to.deep.equal([]);
    expect(await state()).to.equal(before);
  });

  it('is refused by name, in queries', async () => {
    const odd = [
      '',
      'x'.repeat(5000),
      '-1',
      '1e9',
      '99999999999999999999',
      '0x10',
      '%201',
      '%00',
      'true',
      '[]',
      '__proto__',
      '%F0%9F%93%A0',
      '%E2%80%AE',
    ];
    const calls = api.operations
      .filter(({ path }) => path.startsWith('/api/'))
      .flatMap((operation) => {
        const wrong = (name: string, query: string, names?: string): Wrong => ({
          operation,
          name,
          path: `${paths(operation)}?${query}`,
          refused: true,
          ...(names === undefined ? {} : { names }),
        });
        const typed = operation.query.flatMap(({ name, schema, valid }) => [
          ...odd
            .filter((value) => !valid(schema['type'] === 'array' ? [decoded(value)] : decoded(value)))
            .map((value) => wrong(`${name}=${value.slice(0, 20)}`, `${name}=${value}`, name)),
          ...(schema['type'] === 'array' ? [] : [wrong(`${name} twice`, `${name}=1&${name}=2`, name)]),
        ]);
        return [
          ...typed,
          wrong('an unknown condition', 'unknownKey=1', 'unknownKey'),
          wrong('a prototype', '__proto__=1'),
          wrong('a constructor', 'constructor=1', 'constructor'),
          wrong('a nested key', 'a[b]=1', 'a[b]'),
          wrong('broken encoding', '%zz=%'),
        ];
      });
    expect(calls.length).to.be.above(100);
    const reads = calls.filter(({ operation }) => operation.method === 'GET');
    expect(await wronglyAnswered(reads)).to.deep.equal([]);
  });

  it('is refused, in paths', async () => {
    const before = await state();
    const odd = [
      '%',
      '%ff',
      '%zz',
      '%c0%ae',
      '%00',
      '..%2f..%2fetc',
      '%2e%2e',
      '__proto__',
      'constructor',
      'x'.repeat(5000),
      '%F0%9F%93%A0',
      '%E2%80%AE',
      '%ED%A0%80',
      '-1',
      '1e999',
      '0',
      '9'.repeat(400),
      "'%20or%201=1--",
      '%0d%0aX:%20y',
      ';',
      '@',
    ];
    const calls = api.operations
      .filter(({ segments, body }) => segments.length > 0 && body === undefined)
      .flatMap((operation) =>
        odd.map(
          (segment): Wrong => ({
            operation,
            name: 'a path',
            path: paths(operation, segment),
            refused: false,
          }),
        ),
      );
    expect(calls.length).to.be.above(50);
    expect(await wronglyAnswered(calls)).to.deep.equal([]);
    expect(await state()).to.equal(before);
  });

  it('never makes it fail: anything at all', async () => {
    const before = await state();
    const anything = fc.oneof(
      { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
      { weight: 1, arbitrary: fc.constantFrom(...oddAt([]).map(([, value]) => value)) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...withBody()),
        fc.nat(),
        anything,
        fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }),
        async (operation, which, value, key) => {
          const good = sampleOf(operation.body?.schema, api.resolve, true);
          const places = placesIn(good);
          const wrong = replaced(good, places[which % places.length] ?? [], value);
          // One key too many, so that it is certainly not done.
          const body = isPlain(wrong) && !(wrong instanceof RawJson) ? { ...wrong, [`${key}?`]: 1 } : wrong;
          const text = textOf(body);
          const parsed: unknown = text === '' ? undefined : JSON.parse(text);
          if (operation.body?.valid(parsed) === true) return;
          const [fault] = await wronglyAnswered([
            { operation, name: 'anything', path: paths(operation), body: text, refused: true },
          ]);
          expect(fault).to.equal(undefined);
        },
      ),
      { numRuns: 200 },
    );
    expect(await state()).to.equal(before);
  });

  it('never makes it fail: odd, but as the description allows it', async () => {
    const calls = withBody().flatMap((operation) => {
      const good = sampleOf(operation.body?.schema, api.resolve, true);
      return placesIn(good).flatMap((place, number) =>
        oddAt(place, number).flatMap(([name, odd]): readonly Wrong[] => {
          // Asking a name server about odd hosts is no matter of this machine.
          if (place.includes('host')) return [];
          const text = textOf(replaced(good, place, odd));
          const parsed: unknown = text === '' ? undefined : JSON.parse(text);
          if (operation.body?.valid(parsed) !== true) return [];
          const headers = { 'If-Match': '"999999"' };
          const path = paths(operation);
          return [
            { operation, name: `${name} at ${place.join('.')}`, path, body: text, headers, refused: false },
          ];
        }),
      );
    });
    expect(calls.length).to.be.above(50);
    expect(await wronglyAnswered(calls)).to.deep.equal([]);
  });
});

/** What is wrong with an answer. */
function faultOf(
  status: number,
  text: string,
  refused: boolean,
  names: string | undefined,
): string | undefined {
  if (status >= 500) return `${status} ${text.slice(0, 300)}`;
  if (status < 400) return refused ? `was taken (${status})` : undefined;
  // The pages at which a sign-in ends are for people.
  if (text.startsWith('<!doctype html>')) return undefined;
  const parsed = errorSchema.strict().safeParse(JSON.parse(text));
  if (!parsed.success) return `${status} has another shape: ${text.slice(0, 200)}`;
  const { code, faults = [] } = parsed.data;
  if (names !== undefined && !faults.some(({ path }) => path.includes(names)))
    return `does not name ${names}: ${text.slice(0, 300)}`;
  if (status === 400 && code === 'bad-request' && text.length > 100_000)
    return 'says everything again that was sent';
  return undefined;
}

function decoded(text: string): string {
  return text.startsWith('%') ? decodeURIComponent(text) : text;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
