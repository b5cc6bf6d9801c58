import { expect } from 'chai';
import type { AuditEvent } from '../../src/access/audit.ts';
import type { AuditEntry, AuditFilter } from '../../src/access/storage.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { type RunningAdmin, sampleMessage, startAdmin } from '../support/admin.ts';

const ID = '0000000000000001';
const SECRET = 'hunter2-of-the-tests';
const office = (port: number, password: string) => ({
  upstreams: [
    {
      name: 'office',
      kind: 'smtp',
      host: 'smtp.example.com',
      port,
      authentication: { type: 'password', user: 'u', password: { value: password } },
    },
  ],
});

const noRevision = () => Promise.reject(new RelayError('store-unavailable', 'The store does not answer.'));

describe('what the admin records', () => {
  let running: RunningAdmin;
  let events: AuditEvent[];
  let asked: { filter: AuditFilter; limit: number; before?: string }[];
  const stored: AuditEntry[] = Array.from({ length: 4 }, (_, index) => ({
    id: `000000000000000${index}`,
    at: index,
    by: 'Ada',
    kind: 'user',
    address: '192.0.2.7',
    action: 'user.added',
    text: `Entry ${index}.`,
    changes: [{ path: 'a', after: 'b' }],
  }));
  const audit = {
    record: async (event: AuditEvent) => void events.push(event),
    async list(filter: AuditFilter, limit: number, before?: string) {
      asked.push({ filter, limit, ...(before === undefined ? {} : { before }) });
      return stored.toReversed().slice(0, limit);
    },
  };
  beforeEach(async () => {
    events = [];
    asked = [];
    running = await startAdmin({ audit });
    running.messages.set(ID, sampleMessage(ID));
  });
  afterEach(() => running.stop());

  const put = (document: unknown, query = '') =>
    running.request(`/api/v1/settings${query}`, {
      method: 'PUT',
      headers: { 'If-Match': '*', 'Content-Type': 'application/json', 'Postern-By': 'cli (root)' },
      body: JSON.stringify(document),
    });

  it('is who changed the settings and how they differ, with nothing of a secret', async () => {
    await put(office(25, `${SECRET}1`));
    await put(office(587, `${SECRET}2`));
    const [, second] = events;
    expect(second?.caller).to.deep.include({ kind: 'machine', name: 'cli (root)' });
    expect(second).to.deep.include({
      address: '127.0.0.1',
      action: 'settings.changed',
      subject: 'revision 3',
      text: 'Changed the settings: upstreams: office changed.',
      changes: [
        { path: 'upstreams.office.port', before: '25', after: '587' },
        { path: 'upstreams.office.authentication.password', before: 'set', after: 'changed' },
      ],
    });
    expect(JSON.stringify(events)).not.to.contain(SECRET);
    await running.post('/api/v1/settings/rollback', { revision: 2 });
    expect(events[2]).to.deep.include({ action: 'settings.rolled-back', subject: 'revision 4' });
    expect(events[2]?.text).to.match(/^Rolled back to revision 2; changed the settings: /);
  });

  it('is nothing for what changed nothing: a dry run, faults, another revision, no message', async () => {
    await put({}, '?dryRun=true');
    await put({ upstreams: 'x' });
    await running.request('/api/v1/settings', {
      method: 'PUT',
      headers: { 'If-Match': '"9"', 'Content-Type': 'application/json' },
      body: '{}',
    });
    await running.post('/api/v1/queue/retry', { ids: ['0000000000000009'] });
    await running.post('/api/v1/queue/delete', {});
    await running.request('/api/v1/settings');
    expect(events).to.deep.equal([]);
  });

  it('is how many messages, and how they were chosen', async () => {
    running.messages.set('0000000000000002', sampleMessage('0000000000000002'));
    await running.post('/api/v1/queue/hold', { ids: [ID] });
    await running.post('/api/v1/queue/delete', { states: ['queued', 'held'], sender: 'a@example.com' });
    await running.post('/api/v1/queue/release', { all: true, to: 'office' });
    expect(events.map(({ action, subject, text }) => [action, subject, text])).to.deep.equal([
      ['messages.held', `message ${ID}`, `Held message ${ID}.`],
      [
        'messages.deleted',
        '2 messages',
        'Deleted 2 messages, chosen by states queued, held; sender a@example.com.',
      ],
      ['messages.released', '2 messages', 'Released 2 messages to the upstream office, chosen by all.'],
    ]);
  });

  it('is each of the other things that are done', async () => {
    await running.post('/api/v1/send-test', { to: 'a@example.com', upstream: 'office' });
    await running.post('/api/v1/upstreams/office/probe', undefined);
    await running.request('/api/v1/denied/192.0.2.9', { method: 'DELETE' });
    await (await running.request('/api/v1/backup', { method: 'POST' })).arrayBuffer();
    expect(events.map(({ action, text }) => `${action}: ${text}`)).to.deep.equal([
      'mail.test-sent: Sent a test mail to a@example.com over the upstream office.',
      'upstreams.probed: Had the upstream office tried again at once.',
      'devices.refusals-forgotten: Forgot what 192.0.2.9 was refused.',
      'backup.made: Took a copy of the store.',
    ]);
  });

  it('undoes no change where the entry cannot be made, and says so in the log', async () => {
    const { settings } = running.services;
    await running.stop();
    running = await startAdmin({ audit, settings: { ...settings, revision: noRevision } });
    expect((await put(office(25, SECRET))).status).to.equal(200);
    expect(events).to.deep.equal([]);
    expect(running.log.text()).to.contain('What was changed could not be recorded');
  });

  it('is stored before the answer', async () => {
    await running.stop();
    const order: string[] = [];
    running = await startAdmin({
      audit: {
        ...audit,
        async record() {
          await new Promise((resolve) => setImmediate(resolve));
          order.push('recorded');
        },
      },
    });
    await put({}).then(() => order.push('answered'));
    expect(order).to.deep.equal(['recorded', 'answered']);
  });

  it('is shown page by page, with conditions that are checked', async () => {
    const page: unknown = await (await running.request('/api/v1/audit?limit=3')).json();
    expect(page).to.have.property('next', '0000000000000001');
    expect(page).to.have.property('entries').with.lengthOf(3);
    await running.request('/api/v1/audit?by=ada&action=user&subject=%25&before=0000000000000001');
    expect(asked).to.deep.equal([
      { filter: {}, limit: 4 },
      { filter: { by: 'ada', action: 'user', subject: '%' }, limit: 101, before: '0000000000000001' },
    ]);
    for (const wrong of [
      'limit=0',
      'limit=501',
      'limit=x',
      'before=x',
      'action=A.b',
      'action=',
      'by=',
      'x=1',
      'by=a&by=b',
    ])
      expect((await running.request(`/api/v1/audit?${wrong}`)).status, wrong).to.equal(400);
  });
});
