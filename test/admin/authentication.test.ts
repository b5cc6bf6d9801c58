import { expect } from 'chai';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';

describe('authentication of the admin interface', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin();
  });
  afterEach(() => running.stop());

  const withToken = (authorization: string) =>
    running.request('/api/v1/queue', { headers: { authorization } });

  it('lets the token in, whatever the case of the scheme', async () => {
    expect((await withToken(`Bearer ${TOKEN}`)).status).to.equal(200);
    expect((await withToken(`bearer  ${TOKEN} `)).status).to.equal(200);
  });

  for (const wrong of [
    '',
    'Bearer',
    'Bearer ',
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${'x'.repeat(5000)}`,
  ]) {
    it(`refuses "${wrong.slice(0, 60)}" and says how it is done`, async () => {
      const response = await withToken(wrong);
      expect(response.status).to.equal(401);
      expect(response.headers.get('www-authenticate')).to.equal('Bearer');
      const body = await response.text();
      expect(body).to.contain('"code":"unauthenticated"').and.contain('admin.token');
      expect(body).not.to.contain(TOKEN);
    });
  }

  it('asks every route for the token that does not declare itself public', async () => {
    const open: string[] = [];
    // The files of the page are everybody's; which there are is up to the build.
    for (const route of running.admin.routes.filter(({ api }) => api.ofThePage !== true)) {
      const path = route.path.replace(/:\w+/g, 'x');
      const response = await running.request(path, {
        method: route.method.toUpperCase(),
        headers: { authorization: 'Bearer wrong' },
      });
      await response.arrayBuffer();
      if (response.status !== 401 && response.status !== 429) open.push(route.path);
    }
    expect(open).to.deep.equal([
      '/livez',
      '/readyz',
      '/metrics',
      '/login/authorize/:id',
      '/login/smtp-verification',
      '/pmpredirect/AzureOAuth',
      '/login/style.css',
      '/api/v1/openapi.json',
    ]);
  });

  it('answers 429 after ten failures in a minute, logs no more of them, and still lets the token in', async () => {
    for (let index = 0; index < 10; index += 1)
      expect((await withToken('Bearer nonsense')).status).to.equal(401);
    const lines = running.log.lines.length;
    const limited = await withToken('Bearer nonsense');
    expect(limited.status).to.equal(429);
    expect(Number(limited.headers.get('retry-after'))).to.be.within(1, 60);
    expect(running.log.lines).to.have.length(lines);
    expect(running.log.lines.join('\n')).not.to.contain('nonsense');
    expect((await withToken(`Bearer ${TOKEN}`)).status).to.equal(200);
  });

  it('asks for the token before it reads the body', async () => {
    const response = await running.post(
      '/api/v1/queue/delete',
      { all: true },
      { headers: { authorization: 'Bearer no' } },
    );
    expect(response.status).to.equal(401);
    expect(running.verbs).to.deep.equal([]);
  });
});
