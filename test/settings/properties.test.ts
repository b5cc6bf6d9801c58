import { expect } from 'chai';
import * as fc from 'fast-check';
import { faultText } from '../../src/settings/faults.ts';
import { parseDocument } from '../../src/settings/parse-document.ts';
import { checkSettingsText } from '../../src/settings/settings-file.ts';
import { toJson } from '../../src/settings/to-json.ts';
import { validateDocument } from '../../src/settings/validate.ts';

const KEYS = [
  'listeners',
  'clients',
  'users',
  'upstreams',
  'routes',
  'queue',
  'contacts',
  'notices',
  'name',
  'kind',
  'host',
  'port',
  'networks',
  'password',
  'value',
  'sealed',
  'set',
  'authentication',
  'type',
  'fallback',
  'upstream',
  'from',
  'limits',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
];
const VALUES = [
  'smtp',
  'none',
  'password',
  'test-relay',
  '0.0.0.0/0',
  '::',
  '30s',
  '*',
  'a',
  '',
  'smtp.x:5',
  '\0',
  '[::1',
];

/** Documents that are nearly right: known keys and values in the wrong places. */
const nearly = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...VALUES),
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 5 }).map((entries) => {
      // As JSON.parse makes them: `__proto__` is a key like any other.
      const parts = entries.map(
        ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}`,
      );
      return JSON.parse(`{${parts.join(',')}}`) as unknown;
    }),
  ),
})).value;

describe('any document', () => {
  it('is either settings or a list of faults with places and words', () => {
    fc.assert(
      fc.property(fc.oneof(nearly, fc.anything()), (input) => {
        const { value, faults } = toJson(input);
        const validation = validateDocument(value);
        const all = [...faults, ...validation.faults];
        expect(validation.settings === undefined).to.equal(validation.faults.length > 0);
        for (const fault of all) expect(faultText(fault)).to.match(/^\S.* \S/s);
        expect(({} as Record<string, unknown>)['x']).to.equal(undefined);
      }),
      { numRuns: 800 },
    );
  });

  it('refuses __proto__ wherever it stands, harmlessly', () => {
    const { value, faults } = toJson(JSON.parse('{"__proto__":{"polluted":1},"queue":{"__proto__":[]}}'));
    expect(faults.map(faultText)).to.deep.equal([
      '__proto__ is not a known setting; remove it',
      'queue.__proto__ is not a known setting; remove it',
    ]);
    expect(value).to.deep.equal({ queue: {} });
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('may be endless, cyclic or full of functions without harm', () => {
    const cycle: Record<string, unknown> = {};
    cycle['queue'] = cycle;
    expect(toJson(cycle).faults[0]?.message).to.equal('is nested too deeply');
    expect(toJson({ queue: () => 1, at: new Date(), big: 5n }).faults).to.have.length(3);
    expect(toJson(Array.from({ length: 200_001 }, () => 0)).faults).to.have.length(1);
    const hostile = Object.defineProperty({}, 'queue', { enumerable: true, value: Number.NaN });
    expect(toJson(hostile).faults.map(faultText)).to.deep.equal([
      'queue is not a finite number; write a number',
    ]);
  });
});

describe('any text', () => {
  it('is read or refused with faults, never thrown at', () => {
    const yamlish = fc.array(
      fc.constantFrom(
        'a',
        ': ',
        '\n',
        '  ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '&a ',
        '*a',
        '"',
        "'",
        '|',
        '>',
        '!!binary ',
        '? ',
        ',',
        '#',
        '\t',
        '%',
        '---\n',
        '<<',
        'queue',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          yamlish.map((parts) => parts.join('')),
        ),
        (text) => {
          const checked = checkSettingsText(text);
          expect(checked.settings === undefined).to.equal(checked.faults.length > 0);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('that unfolds without end is refused at once', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let index = 1; index < 30; index += 1) {
      const [last, next] = [index - 1, index].map((n) => `a${n || ''}`);
      bomb.push(`${next}: &${next} [${Array.from({ length: 9 }, () => `*${last}`).join(',')}]`);
    }
    const started = performance.now();
    const { faults } = parseDocument(bomb.join('\n'));
    expect(faults.map(faultText)).to.deep.equal([
      'the document uses too many aliases; write out what they repeat',
    ]);
    expect(performance.now() - started).to.be.below(5000);
  });

  it('that is too long, too deep, or empty is refused', () => {
    expect(parseDocument('x'.repeat(1_048_577)).faults[0]?.message).to.equal('is larger than 1024 KiB');
    expect(parseDocument('['.repeat(20_000)).faults[0]?.message).to.match(/nested too deeply|is not YAML/);
    expect(parseDocument(`${'['.repeat(40)}${']'.repeat(40)}`).faults[0]?.message).to.equal(
      'is nested too deeply',
    );
    for (const empty of ['', ' \n\n', '\uFEFF']) {
      expect(parseDocument(empty).faults[0]?.message).to.equal('is empty');
    }
  });
});
