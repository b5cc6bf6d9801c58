import { expect } from 'chai';
import type { TestResult } from '../../src/delivery/upstream-tests.ts';
import type { JournalEntry } from '../../src/queue/message.ts';
import { type RunningAdmin, sampleMessage, startAdmin } from '../support/admin.ts';
import { eventually } from '../support/eventually.ts';

const office = { name: 'office', kind: 'smtp', host: 'smtp.example.com' };
const reply = { code: 250, enhanced: '2.0.0', text: 'Ok' };

const settingsWith = (notices: object, more: object = {}) => ({
  upstreams: [office],
  defaultUpstream: 'office',
  contacts: 'admin@example.com  other@example.com',
  notices,
  ...more,
});

describe('a test mail when the settings are saved', () => {
  let running: RunningAdmin;
  let recorded: (TestResult & { upstream: string })[];
  beforeEach(async () => {
    recorded = [];
    running = await startAdmin({
      upstreamTests: {
        list: async () => [],
        record: async (upstream, result) => void recorded.push({ upstream: upstream.name, ...result }),
      },
    });
  });
  afterEach(() => running.stop());

  const put = async (body: object, query = ''): Promise<unknown> => {
    const answer = await running.post(`/api/v1/settings${query}`, body, {
      method: 'PUT',
      headers: { 'If-Match': '*' },
    });
    expect(answer.status).to.equal(200);
    return answer.json();
  };

  it('goes to the contacts over the default upstream, where the settings say so', async () => {
    const saved = await put(settingsWith({ testOnSave: true }));
    expect(saved).to.deep.include({
      test: { id: '00000000000T0000', to: ['admin@example.com', 'other@example.com'], upstream: 'office' },
    });
    const [mail] = running.accepted;
    expect(mail?.envelope.upstream).to.equal('office');
    expect(mail?.body).to.include('To: <admin@example.com>,\r\n <other@example.com>\r\n');
  });

  it('goes only when something of mail was changed', async () => {
    await put(settingsWith({ testOnSave: true }));
    await put(settingsWith({ testOnSave: true }, { hostname: 'relay.example.com' }));
    expect(running.accepted).to.have.length(1);
    await put(settingsWith({ testOnSave: true }, { upstreams: [{ ...office, port: 465, security: 'tls' }] }));
    expect(running.accepted).to.have.length(2);
  });

  it('goes, and goes not, as the one who saves has it', async () => {
    expect(await put(settingsWith({ testOnSave: true }), '?test=false')).to.not.have.property('test');
    const saved = await put(settingsWith({}), '?test=true&testTo=me@example.com');
    expect(saved).to.deep.nested.include({ 'test.to': ['me@example.com'] });
    expect(running.accepted).to.have.length(1);
  });

  it('says why none goes, and the settings are saved all the same', async () => {
    expect(await put(settingsWith({}, { contacts: [] }), '?test=true')).to.deep.include({
      revision: 2,
      test: { why: 'No test mail was sent: there are no contacts, and no other address was given.' },
    });
    const saved = await put(settingsWith({}), '?test=true&testUpstream=gone');
    expect(saved).to.have.nested.property('test.why').that.includes('no upstream named gone');
  });

  for (const [title, journal, state, expected] of [
    [
      'delivered',
      {
        type: 'attempt',
        upstream: 'office',
        attempt: 1,
        recipients: [{ address: 'a', result: 'delivered', reply }],
        delays: [0, 0, 0, 0],
      },
      'delivered',
      { result: 'ok' },
    ],
    [
      'refused',
      {
        type: 'attempt',
        upstream: 'office',
        attempt: 1,
        recipients: [
          { address: 'a', result: 'rejected', reply: { code: 550, enhanced: '5.7.1', text: 'no' } },
        ],
        delays: [0, 0, 0, 0],
      },
      'failed',
      { result: 'failed', text: '550 5.7.1 no' },
    ],
    [
      'waiting',
      { type: 'waiting', upstream: 'office', reason: 'authentication', text: 'the password is wrong' },
      'queued',
      { result: 'failed', text: 'the password is wrong' },
    ],
  ] as const) {
    it(`counts as the test of the upstream: ${title}`, async () => {
      await put(settingsWith({}));
      const sent: unknown = await (
        await running.post('/api/v1/send-test', { to: 'me@example.com', upstream: 'office' })
      ).json();
      expect(sent).to.include({ id: '00000000000T0000' });
      const event: JournalEntry['event'] = journal;
      running.journals.set('00000000000T0000', [{ message: '00000000000T0000', at: 1, node: 'n', event }]);
      running.messages.set('00000000000T0000', sampleMessage('00000000000T0000', { state }));
      await eventually(() => recorded.length > 0);
      expect(recorded).to.deep.equal([
        { upstream: 'office', by: 'API token', sentTo: 'me@example.com', ...expected },
      ]);
    });
  }
});
