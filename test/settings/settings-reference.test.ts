import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { renderSettingsReference, withReference } from '../../scripts/settings-reference.ts';
import { SERVE_OPTIONS } from '../../src/config/serve-options.ts';
import { settingsJsonSchema } from '../../src/settings/json-schema.ts';
import { SECRET_PATTERNS } from '../../src/settings/secret-places.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/settings-reference.ts');
const MARKED = 'before\n<!-- settings-reference:start -->\nold\n<!-- settings-reference:end -->\nafter\n';

describe('the settings reference', () => {
  const rows = renderSettingsReference()
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  it('says what every setting and option means', () => {
    expect(rows.length).to.be.above(80);
    for (const row of rows) expect(row).to.match(/\| [^|]*\p{L}{3,}[^|]*\.( \([^()]+\))? \|$/u);
  });

  it('names every option and every secret', () => {
    const text = rows.join('\n');
    for (const { flag, variable } of Object.values(SERVE_OPTIONS)) {
      expect(text).to.include(`\`${flag}`).and.include(`\`${variable}\``);
    }
    for (const { steps } of SECRET_PATTERNS) {
      expect(text).to.include(`| \`${steps.join('.').replaceAll('.[]', '[]')}\` | secret |`);
    }
  });

  it('tells kinds apart, and names and choices once', () => {
    expect(rows.filter((row) => row.includes('`upstreams[].name`'))).to.have.length(1);
    expect(rows.find((row) => row.includes('`upstreams[].host`'))).to.include('(kind: smtp)');
    expect(rows.find((row) => row.includes('`upstreams[].kind`'))).to.include(
      '`smtp`, `graph`, `gmail`, `test-relay`',
    );
    expect(rows.find((row) => row.includes('`listeners[].maxMessageSize`'))).to.include(
      '| size | `"50 MiB"` |',
    );
  });

  it('stands between its markers and leaves the rest alone', () => {
    const document = withReference(MARKED);
    expect(document)
      .to.match(/^before\n/)
      .and.match(/\nafter\n$/);
    expect(document).to.not.include('\nold\n');
    expect(withReference(document ?? '')).to.equal(document);
    expect(withReference('no markers')).to.equal(undefined);
  });

  it('is written and checked by its command', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory.path, 'README.md');
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [SCRIPT, ...args, file]).then(
        () => 0,
        (error: unknown) =>
          typeof error === 'object' && error !== null && 'code' in error ? error.code : error,
      );
    try {
      await writeFile(file, MARKED);
      expect(await run('--check')).to.equal(1);
      expect(await readFile(file, 'utf8')).to.equal(MARKED);
      expect(await run()).to.equal(0);
      expect(await run('--check')).to.equal(0);
      await writeFile(file, 'no markers');
      expect(await run('--check')).to.equal(1);
    } finally {
      await directory.remove();
    }
  });
});

describe('settingsJsonSchema', () => {
  it('describes what people type: no sealed form, defaults named, unknown keys refused', () => {
    const schema = settingsJsonSchema();
    const text = JSON.stringify(schema);
    expect(schema['$schema']).to.equal('https://json-schema.org/draft/2020-12/schema');
    expect(schema['additionalProperties']).to.equal(false);
    expect(schema['required']).to.equal(undefined);
    expect(text).to.include('"default":"http://localhost:8025"');
    expect(text).to.not.include('"sealed":{');
    expect(text).to.include('"secret":"sealed"').and.include('"secret":"hashed"');
  });
});
