import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { renderApiReference } from '../../scripts/api-reference.ts';
import { describeApi } from '../../src/admin/openapi.ts';
import { isObject, type JsonSchema } from '../../src/admin/openapi-schemas.ts';
import type { Route } from '../../src/admin/route.ts';
import { type Relay, startRelay } from '../support/relay.ts';

const CONTRACT = join(import.meta.dirname, '../../src/admin');

/** A part of the document, by the keys that lead to it. */
function at(document: unknown, ...keys: readonly string[]): JsonSchema {
  let value = document;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  return isObject(value) ? value : {};
}

describe('the description of the API', () => {
  let relay: Relay;
  let routes: readonly Route[];
  let text: string;
  let document: JsonSchema;
  before(async () => {
    relay = await startRelay();
    routes = relay.app.admin.routes;
    const { port } = relay.app.admin.address();
    text = await (await fetch(`http://127.0.0.1:${port}/api/v1/openapi.json`)).text();
    document = at(JSON.parse(text));
  });
  after(() => relay.remove());

  const operations = () =>
    Object.entries(at(document, 'paths')).flatMap(([path, methods]) =>
      Object.entries(at(methods)).map(([method, operation]) => ({ path, method, operation: at(operation) })),
    );

  it('is OpenAPI 3.1, as an independent validator understands it', async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result).to.deep.equal({ valid: true });
    expect(document['openapi']).to.match(/^3\.1\./);
  });

  it('is the same each time', () => {
    expect(JSON.stringify(describeApi(routes, '0.0.0'))).to.equal(text);
  });

  it('has every route of the table but the files of the page, and nothing else', () => {
    const described = routes.filter(({ path }) =>
      /^\/(?:api|login|pmpredirect|livez|readyz|metrics)\b/.test(path),
    );
    const table = described.map(({ method, path }) => `${method} ${path.replaceAll(/[:*](\w+)/g, '{$1}')}`);
    expect(operations().map(({ method, path }) => `${method} ${path}`)).to.have.members([...new Set(table)]);
  });

  it('gives each operation a name of its own, a sentence, an area and its permission', () => {
    const names = operations().map(({ operation }) => operation['operationId']);
    expect(new Set(names).size).to.equal(names.length);
    for (const { path, method, operation } of operations()) {
      expect(operation['operationId'], path).to.match(/^[a-z][A-Za-z0-9]+$/);
      expect(operation['summary'], path).to.be.a('string').that.is.not.equal('');
      const route = routes.find(
        (one) => one.method === method && one.path.replaceAll(/[:*](\w+)/g, '{$1}') === path,
      );
      expect(operation['tags'], path).to.not.include('Other');
      expect(operation['x-permission'], path).to.equal(route?.access);
      const open = route?.access === 'public';
      expect(operation['security'], path).to.deep.equal(open ? [] : [{ bearer: [] }, { session: [] }]);
    }
  });

  it('names what is in a path, and takes strings for all of it', () => {
    for (const { path, operation } of operations()) {
      const { parameters } = operation;
      const listed: readonly unknown[] = Array.isArray(parameters) ? parameters : [];
      const inPath = listed.filter((one) => at(one)['in'] === 'path').map((one) => at(one)['name']);
      expect(inPath, path).to.have.members([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      const strange = listed.filter((one) => at(one)['name'] === 'parameters');
      if (!/^\/(?:login|pmpredirect)\//.test(path)) expect(strange, path).to.have.length(0);
    }
  });

  it('says what each answer is made of', () => {
    for (const { path, method, operation } of operations()) {
      for (const [status, answer] of Object.entries(at(operation, 'responses'))) {
        const where = `${method} ${path} ${status}`;
        if (at(answer)['$ref'] !== undefined || status === '204' || status === '302') continue;
        const content = Object.values(at(answer, 'content'));
        expect(content, where).to.have.length(1);
        if (path !== '/api/v1/openapi.json') expect(at(content[0], 'schema'), where).to.not.deep.equal({});
      }
    }
  });

  it('has schemas that an independent validator compiles', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'postern', ...document });
    for (const name of Object.keys(at(document, 'components', 'schemas'))) {
      expect(() => ajv.compile({ $ref: `postern#/components/schemas/${name}` }), name).to.not.throw();
    }
    const valid = ajv.compile({ $ref: 'postern#/components/schemas/SettingsDocument' });
    expect(valid({ contacts: 'admin@example.com other@example.com' })).to.equal(true);
    expect(valid({ listeners: [{ name: 'x', port: 'much' }] })).to.equal(false);
  });

  it('knows every part of the contract', async () => {
    const files = (await readdir(CONTRACT)).filter((name) => /^contract(?:-.*)?\.ts$/.test(name));
    const source = await readFile(join(CONTRACT, 'named-schemas.ts'), 'utf8');
    for (const file of files) expect(source, file).to.include(`'./${file}'`);
  });

  it('is told to people in docs/api.md', async () => {
    const file = join(import.meta.dirname, '../../docs/api.md');
    const fresh = renderApiReference(document);
    expect(await readFile(file, 'utf8'), 'run: node scripts/api-reference.ts').to.equal(fresh);
  });
});
