import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseDocument } from '../../src/settings/parse-document.ts';
import { toJson } from '../../src/settings/to-json.ts';
import { toYaml } from '../../src/settings/to-yaml.ts';

describe('the settings as YAML', () => {
  it('have the order of the documentation, secrets and short lists on one line', () => {
    const text = toYaml({
      contacts: ['admin@example.com'],
      upstreams: [
        {
          fallback: 'backup',
          from: { address: 'relay@example.com', rewrite: 'always' },
          authentication: {
            password: { set: true, since: '2026-11-22T08:00:00.000Z' },
            user: 'relay',
            type: 'password',
          },
          port: 587,
          host: 'smtp.example.com',
          kind: 'smtp',
          name: 'office',
        },
      ],
      accessUrl: 'https://relay.example.com',
    });
    expect(text.split('\n')).to.deep.equal([
      'accessUrl: https://relay.example.com',
      'upstreams:',
      '  - name: office',
      '    kind: smtp',
      '    host: smtp.example.com',
      '    port: 587',
      '    authentication:',
      '      type: password',
      '      user: relay',
      '      password: { set: true, since: 2026-11-22T08:00:00.000Z }',
      '    from:',
      '      address: relay@example.com',
      '      rewrite: always',
      '    fallback: backup',
      'contacts: [ admin@example.com ]',
      '',
    ]);
  });

  it('are the same document when they are read again', () => {
    const document = fc
      .dictionary(
        fc.constantFrom('upstreams', 'clients', 'contacts', 'notices', 'queue', 'zz'),
        fc.jsonValue({ depthSize: 'small' }),
      )
      .map((value) => toJson(JSON.parse(JSON.stringify(value))))
      .filter(({ faults }) => faults.length === 0);
    fc.assert(
      fc.property(document, ({ value }) => {
        const again = parseDocument(toYaml(value));
        expect(again.faults).to.deep.equal([]);
        expect(again.value).to.deep.equal(value);
      }),
      { numRuns: 150 },
    );
  });
});
