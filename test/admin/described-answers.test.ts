import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ADMIN_TOKEN_FILE } from '../../src/admin/admin-token.ts';
import { sampleOf } from '../support/api-samples.ts';
import { type DescribedApi, type DescribedOperation, describedApi } from '../support/described-api.ts';
import { type Relay, startRelay } from '../support/relay.ts';

describe('the answers of a running relay', function () {
  this.timeout(30_000);
  let relay: Relay;
  let api: DescribedApi;
  let url: string;
  let token: string;
  const known: Record<string, string> = { name: 'test-relay', revision: '1', address: '127.0.0.1' };

  before(async () => {
    relay = await startRelay();
    url = `http://127.0.0.1:${relay.app.admin.address().port}`;
    token = (await readFile(join(relay.directory, ADMIN_TOKEN_FILE), 'utf8')).trim();
    api = describedApi(await (await fetch(`${url}/api/v1/openapi.json`)).json());
    const sent = await relay.send();
    known['id'] = sent.id;
    await relay.reaches(sent.id, 'held');
  });
  after(() => relay.remove());

  async function call(operation: DescribedOperation, path: string, authorized = true): Promise<void> {
    const stop = new AbortController();
    const answer = await fetch(url + path, {
      method: operation.method,
      headers: { Connection: 'close', ...(authorized ? { Authorization: `Bearer ${token}` } : {}) },
      redirect: 'manual',
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
    });
    // A stream of events does not end by itself; that it begins as described is enough.
    const endless = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const text = endless ? '' : await answer.text();
    stop.abort();
    expect(answer.status, path).to.be.below(500);
    expect(operation.faultsOf(answer, text), `${operation.method} ${path}`).to.deep.equal([]);
  }

  const pathOf = (operation: DescribedOperation, values: Readonly<Record<string, string>>): string => {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
      encodeURIComponent(values[name] ?? 'x'),
    );
    const query = operation.query
      .filter(({ required, name }) => required || name === 'timeout')
      .map(({ name, schema }) => `${name}=${encodeURIComponent(String(sampleOf(schema, api.resolve)))}`);
    return query.length === 0 ? path : `${path}?${query.join('&')}`;
  };

  it('are as the description says, for everything that can be read', async () => {
    const reads = api.operations.filter(({ method }) => method === 'GET');
    expect(reads.length).to.be.above(15);
    for (const operation of reads) await call(operation, pathOf(operation, known));
  });

  it('are as it says where there is no such thing', async () => {
    const reads = api.operations.filter(({ method, segments }) => method === 'GET' && segments.length > 0);
    for (const operation of reads) await call(operation, pathOf(operation, {}));
  });

  it('are as it says for callers without a token', async () => {
    for (const operation of api.operations.filter(({ access }) => access !== 'public').slice(0, 8)) {
      await call(operation, pathOf(operation, known), false);
    }
  });
});
