import { expect } from 'chai';
import * as fc from 'fast-check';
import { type Difference, differences } from '../../src/settings/differences.ts';
import type { Json } from '../../src/settings/json.ts';
import { toJson } from '../../src/settings/to-json.ts';

const lines = (before: Json, after: Json): readonly string[] =>
  differences(before, after).map(({ path, before: old, after: fresh }: Difference) => {
    return `${path}: ${old ?? '–'} → ${fresh ?? '–'}`;
  });

const office = { name: 'office', kind: 'smtp', host: 'smtp.example.com', port: 25 };
const backup = { name: 'backup', kind: 'test-relay' };
const withSecret = (password: Json) => ({
  upstreams: [{ ...office, authentication: { type: 'password', user: 'u', password } }],
});
const SECRET = 'hunter2-of-the-tests';

describe('differences between settings', () => {
  for (const [title, before, after, expected] of [
    ['nothing', { a: [1] }, { a: [1] }, []],
    [
      'a value of an item with a name',
      { upstreams: [office] },
      { upstreams: [{ ...office, port: 587 }] },
      ['upstreams.office.port: 25 → 587'],
    ],
    [
      'an item that moved and changed',
      { upstreams: [office, backup] },
      { upstreams: [backup, { ...office, port: 26 }] },
      ['upstreams.office.port: 25 → 26', 'upstreams: office, backup → backup, office'],
    ],
    [
      'an item that came, field by field',
      {},
      { upstreams: [backup] },
      ['upstreams.backup.name: – → backup', 'upstreams.backup.kind: – → test-relay'],
    ],
    [
      'an item that went',
      { upstreams: [backup] },
      { upstreams: [] },
      ['upstreams.backup.name: backup → –', 'upstreams.backup.kind: test-relay → –'],
    ],
    [
      'a list of texts as one line',
      { contacts: ['a@example.com'] },
      { contacts: ['a@example.com', 'b@example.com'] },
      ['contacts: a@example.com → a@example.com, b@example.com'],
    ],
    [
      'a route in the middle of others',
      { routes: [{ upstream: 'a' }, { upstream: 'c' }] },
      { routes: [{ upstream: 'a' }, { upstream: 'b' }, { upstream: 'c' }] },
      ['routes[1].upstream: – → b'],
    ],
    [
      'routes that changed places',
      { routes: [{ upstream: 'a' }, { upstream: 'b' }] },
      { routes: [{ upstream: 'b' }, { upstream: 'a' }] },
      ['routes: – → in another order'],
    ],
    [
      'another kind of value',
      { contacts: 'a b', queue: {} },
      { contacts: ['a'], queue: null },
      ['contacts: a b → a', 'queue: {} → null'],
    ],
    ['empty things', {}, { notices: {}, contacts: [] }, ['notices: – → {}', 'contacts: – → []']],
    [
      'names that are odd or those of prototypes',
      { clients: [{ name: 'my "x"' }, { name: '__proto__' }] },
      {
        clients: [
          { name: 'my "x"', a: 1 },
          { name: '__proto__', a: 1 },
        ],
      },
      ['clients["my \\"x\\""].a: – → 1', 'clients.__proto__.a: – → 1'],
    ],
    [
      'items that share a name, by their places',
      { clients: [{ name: 'a' }, { name: 'a' }] },
      { clients: [{ name: 'a' }, { name: 'a', b: 1 }] },
      ['clients[1].b: – → 1'],
    ],
  ] as const satisfies readonly (readonly [string, Json, Json, readonly string[]])[]) {
    it(`shows ${title}`, () => expect(lines(before, after)).to.deep.equal(expected));
  }

  for (const [title, before, after, expected] of [
    ['that came', undefined, { value: SECRET }, '– → set'],
    ['that was typed anew', { value: `${SECRET}1` }, { value: SECRET }, 'set → changed'],
    ['sealed anew', { sealed: 'v1.a', setAt: '1' }, { sealed: 'v1.b', setAt: '2' }, 'set → changed'],
    ['shown with another date', { set: true, since: '1' }, { set: true, since: '2' }, 'set → changed'],
    ['shown, and typed', { set: true, since: '1' }, { value: SECRET }, 'set → changed'],
    ['that is read from a file now', { set: true }, { file: '/run/x' }, 'set → file /run/x'],
    ['of a variable, then of Vault', { env: 'A' }, { vault: 'kv/a#b' }, 'variable A → vault kv/a#b'],
    [
      'of a command with arguments',
      { env: 'A' },
      { command: ['/bin/x', SECRET] },
      'variable A → command /bin/x …',
    ],
    [
      'of a command with other arguments',
      { command: ['/bin/x', SECRET] },
      { command: ['/bin/x', 'b'] },
      'command /bin/x … → changed',
    ],
    ['in a form that is none', { set: true }, SECRET, 'set → changed'],
  ] as const) {
    it(`tells of a secret ${title}, and nothing of it`, () => {
      const old =
        before === undefined
          ? { upstreams: [{ ...office, authentication: { type: 'password', user: 'u' } }] }
          : withSecret(before);
      expect(lines(old, withSecret(after))).to.deep.equal([
        `upstreams.office.authentication.password: ${expected}`,
      ]);
    });
  }

  it('takes a secret that is given back as set for the same one', () => {
    expect(lines(withSecret({ set: true, since: '1' }), withSecret({ set: true }))).to.deep.equal([]);
  });

  it('finds the secrets of items that have moved', () => {
    const first = withSecret({ value: SECRET }).upstreams;
    expect(lines({ upstreams: [backup, ...first] }, { upstreams: [...first, backup] })).to.deep.equal([
      'upstreams: backup, office → office, backup',
    ]);
  });

  it('ends, is short and shows no secret, whatever the documents are', () => {
    const many = {
      upstreams: Array.from({ length: 2000 }, (_, index) => ({ name: `u${index}`, port: index })),
    };
    const all = differences({}, many);
    expect(all).to.have.length(501);
    expect(all.at(-1)).to.deep.equal({ path: '…', after: '3500 more' });
    const wild = fc.record(
      {
        upstreams: fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record({
              name: fc.constantFrom('a', 'b'),
              authentication: fc.record({
                password: fc.constantFrom({ value: SECRET }, { sealed: SECRET }, { hash: SECRET }, SECRET, [
                  SECRET,
                ]),
              }),
            }),
          ),
        ),
        queue: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(wild, wild, (before, after) => {
        const [old, fresh] = [toJson(before).value, toJson(after).value];
        const found = differences(old, fresh);
        expect(JSON.stringify(found)).not.to.contain(SECRET);
        for (const { before: b = '', after: a = '' } of found)
          expect(Math.max(a.length, b.length)).to.be.at.most(200);
        expect(differences(old, old)).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});
