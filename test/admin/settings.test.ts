import { expect } from 'chai';
import { historySchema } from '../../src/admin/contract-settings.ts';
import { type RunningAdmin, startAdmin } from '../support/admin.ts';

describe('the settings over the API', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin();
  });
  afterEach(() => running.stop());

  const put = (body: unknown, headers: Record<string, string> = {}, query = '') =>
    running.post(`/api/v1/settings${query}`, body, { method: 'PUT', headers });

  it('are read with an ETag, changed with it in If-Match, and come back changed', async () => {
    const read = await running.request('/api/v1/settings');
    const tag = read.headers.get('etag') ?? '';
    expect(tag).to.equal('"1"');
    const changed = await put(
      { hostname: 'relay.example.com' },
      { 'If-Match': tag, 'Postern-By': 'cli (root)' },
    );
    expect(changed.status).to.equal(200);
    expect(changed.headers.get('etag')).to.equal('"2"');
    const again: unknown = await (await running.request('/api/v1/settings')).json();
    expect(again).to.deep.include({ revision: 2, document: { hostname: 'relay.example.com' } });
    const history: unknown = await (await running.request('/api/v1/settings/history')).json();
    expect(history).to.have.nested.property('revisions[0].by', 'cli (root)');
  });

  it('are not changed over somebody else’s change', async () => {
    expect((await put({}, { 'If-Match': '"1"' })).status).to.equal(200);
    const late = await put({}, { 'If-Match': '"1"' });
    expect(late.status).to.equal(412);
    expect(await late.json()).to.include({ code: 'settings-conflict' });
    expect((await put({}, { 'If-Match': '*' })).status).to.equal(200);
  });

  it('are not changed by somebody who does not say what they read', async () => {
    const response = await put({});
    expect(response.status).to.equal(428);
    expect(await response.text()).to.contain('If-Match');
  });

  for (const tag of ['1', 'W/"1"', '"x"', '"1", "2"', '""', '"-1"']) {
    it(`take the If-Match ${tag} for no revision`, async () => {
      expect((await put({}, { 'If-Match': tag })).status).to.equal(412);
    });
  }

  it('answer 422 with every fault by path, and stay as they are', async () => {
    const wrong = { hostname: 5, listeners: [{ name: 'a', port: 99_999 }] };
    for (const response of [await put(wrong, { 'If-Match': '"1"' }), await put(wrong, {}, '?dryRun=true')]) {
      expect(response.status).to.equal(422);
      const body = await response.text();
      expect(body)
        .to.contain('"code":"settings-invalid"')
        .and.contain('hostname')
        .and.contain('listeners.0.port');
    }
    expect((await running.request('/api/v1/settings')).headers.get('etag')).to.equal('"1"');
  });

  it('are only checked in a dry run', async () => {
    const response = await put({ hostname: 'relay.example.com' }, {}, '?dryRun=true');
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({ faults: [], warnings: [] });
    expect((await running.request('/api/v1/settings')).headers.get('etag')).to.equal('"1"');
  });

  it('have a history that is read page by page', async () => {
    for (const contact of ['a@example.com', 'b@example.com', 'c@example.com']) {
      const body = JSON.stringify({ contacts: [contact] });
      const headers = { 'If-Match': '*', 'Content-Type': 'application/json' };
      expect((await running.request('/api/v1/settings', { method: 'PUT', body, headers })).status).to.equal(
        200,
      );
    }
    const seen: number[] = [];
    let next: string | undefined;
    do {
      const query = next === undefined ? '?limit=2' : `?limit=2&before=${next}`;
      const page = historySchema.parse(
        await (await running.request(`/api/v1/settings/history${query}`)).json(),
      );
      expect(page.revisions.length).to.be.within(1, 2);
      seen.push(...page.revisions.map(({ revision }) => revision));
      next = page.next;
    } while (next !== undefined);
    expect(seen.length).to.be.above(2);
    expect(seen).to.deep.equal(seen.map((_one, index) => seen.length - index));
  });

  it('go back to an earlier revision, as a new one', async () => {
    await put({ hostname: 'relay.example.com' }, { 'If-Match': '"1"' });
    const back = await running.post('/api/v1/settings/rollback', { revision: 1 });
    expect(back.status).to.equal(200);
    expect(back.headers.get('etag')).to.equal('"3"');
    expect(await (await running.request('/api/v1/settings')).json()).to.deep.include({ document: {} });
    expect((await running.post('/api/v1/settings/rollback', { revision: 77 })).status).to.equal(404);
    const old: unknown = await (await running.request('/api/v1/settings/history/2')).json();
    expect(old).to.deep.equal({ revision: 2, document: { hostname: 'relay.example.com' } });
  });
});
