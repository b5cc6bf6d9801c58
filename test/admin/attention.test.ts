import { expect } from 'chai';
import { startAdmin } from '../support/admin.ts';

describe('GET /api/v1/alerts and /api/v1/expiry', () => {
  it('shows what stands and what ends, and nothing that the contract does not name', async () => {
    const alert = { key: 'a', level: 'critical', text: 'It broke.', since: 5, upstream: 'office' } as const;
    const item = {
      kind: 'client-secret',
      name: 'office',
      level: 'warning',
      text: 'Soon.',
      expiresAt: 7,
    } as const;
    const hidden = { inner: 'hush' };
    const admin = await startAdmin({
      alerts: { list: () => [{ ...alert, ...hidden }] },
      expiry: { list: () => [{ ...item, ...hidden }] },
    });
    try {
      const alerts = await admin.request('/api/v1/alerts');
      expect([alerts.status, await alerts.json()]).to.deep.equal([200, { alerts: [alert] }]);
      const expiry = await admin.request('/api/v1/expiry');
      expect([expiry.status, await expiry.json()]).to.deep.equal([200, { expiry: [item] }]);
      for (const path of ['/api/v1/alerts', '/api/v1/expiry']) {
        const refused = await admin.request(path, { headers: { Authorization: 'Bearer wrong' } });
        expect(refused.status).to.equal(401);
      }
    } finally {
      await admin.stop();
    }
  });

  it('shows nothing where neither is kept', async () => {
    const admin = await startAdmin();
    try {
      expect(await (await admin.request('/api/v1/alerts')).json()).to.deep.equal({ alerts: [] });
      expect(await (await admin.request('/api/v1/expiry')).json()).to.deep.equal({ expiry: [] });
    } finally {
      await admin.stop();
    }
  });
});
