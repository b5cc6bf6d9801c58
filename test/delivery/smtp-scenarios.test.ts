/** Each row of the table of what SMTP upstreams answer, played by the simulator: class, words, remedy, alert and attempts spent. */
import { expect } from 'chai';
import type { Attempt } from '../../src/delivery/upstreams.ts';
import { settleAttempt } from '../../src/queue/settle.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { systemRandom } from '../../src/shared/random.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { fakeTokens } from '../support/fake-tokens.ts';
import { type RecordedAlerts, recordAlerts } from '../support/recorded-alerts.ts';
import { messageRecord } from '../support/records.ts';
import { applicationToken } from '../support/simulator-client.ts';
import { bodyOf, deliver, message, smtpUpstream, summary, testUpstreams } from './support.ts';

interface Row {
  readonly scenario: string;
  readonly outcome: string;
  /** What the journal shows. */
  readonly words: RegExp;
  readonly remedy?: RegExp;
  /** Keys of the alerts that stand afterwards. */
  readonly alerts?: readonly string[];
  /** Attempts that the message has spent. */
  readonly attempts: 0 | 1;
  /** Messages that it takes until it shows. */
  readonly after?: number;
  /** As a sender that is not the account. */
  readonly rewrite?: 'if-refused';
}

const OFFICE = ['upstream office'];
const SENDER = ['upstream office sender scanner@example.com of this machine'];
const unavailable = (reason: string) => ({ outcome: `unavailable ${reason}`, attempts: 0 as const });
const held = (reason: string) => ({ ...unavailable(reason), alerts: OFFICE });

const rows: readonly Row[] = [
  {
    scenario: 'auth-unsuccessful',
    ...held('authentication'),
    words: /535 5\.7\.3.*The token: audience .*roles SMTP\.SendAsApp/,
    remedy: /New-ServicePrincipal -AppId/,
  },
  {
    scenario: 'smtp-auth-disabled-tenant',
    ...held('authentication'),
    words: /switched off in Exchange/,
    remedy: /Set-CASMailbox -Identity relay@example\.com/,
  },
  {
    scenario: 'smtp-auth-disabled-mailbox',
    ...held('authentication'),
    words: /switched off in Exchange/,
    remedy: /kind graph/,
  },
  {
    scenario: 'basic-auth-disabled',
    ...held('authentication'),
    words: /does not take passwords/,
    remedy: /oauth2/,
  },
  {
    scenario: 'basic-auth-not-supported',
    ...held('authentication'),
    words: /does not take passwords/,
    remedy: /oauth2/,
  },
  {
    scenario: 'not-authenticated',
    ...held('authentication'),
    words: /wants Postern to sign in/,
    remedy: /verify --upstream office/,
  },
  {
    scenario: 'send-as-denied',
    outcome: 'rejected sender',
    attempts: 1,
    alerts: SENDER,
    words: /SendAsDenied/,
    remedy: /if-refused/,
  },
  {
    scenario: 'send-as-denied-mailbox',
    outcome: 'rejected sender',
    attempts: 1,
    alerts: SENDER,
    words: /SendAsDenied/,
    remedy: /Add-RecipientPermission/,
  },
  {
    scenario: 'send-as-denied-store-driver',
    outcome: 'rejected sender',
    attempts: 1,
    alerts: SENDER,
    words: /SendAsDenied/,
    remedy: /Add-RecipientPermission/,
  },
  {
    scenario: 'send-as-denied',
    rewrite: 'if-refused',
    outcome: 'delivered',
    attempts: 1,
    alerts: SENDER,
    words: /2\.0\.0 OK|^OK/,
  },
  { scenario: 'mailbox-logon-failure', outcome: 'deferred busy', attempts: 1, words: /Cannot open mailbox/ },
  {
    scenario: 'mailbox-logon-failure',
    after: 3,
    ...held('configuration'),
    words: /missing permission.*4 times in a row/,
    remedy: /Add-MailboxPermission -Identity relay@example\.com/,
  },
  {
    scenario: 'too-many-connections',
    outcome: 'deferred connections',
    attempts: 0,
    words: /Concurrent connections/,
  },
  {
    scenario: 'sender-thread-limit',
    outcome: 'deferred connections',
    attempts: 0,
    words: /sender thread limit/,
  },
  {
    scenario: 'submission-quota',
    ...held('quota'),
    words: /limit of recipients within 24 hours/,
    remedy: /recipientsPerDay/,
  },
  {
    scenario: 'external-quota',
    outcome: 'deferred quota',
    attempts: 0,
    alerts: ['upstream office recipients'],
    words: /external recipients/,
    remedy: /external recipients/,
  },
  {
    scenario: 'external-quota-trial',
    outcome: 'deferred quota',
    attempts: 0,
    alerts: ['upstream office recipients'],
    words: /trial tenant/,
    remedy: /external recipients/,
  },
  {
    scenario: 'mailbox-full',
    ...held('configuration'),
    words: /sending mailbox is full/,
    remedy: /Sent Items of relay@example\.com/,
  },
  {
    scenario: 'token-expires-soon',
    ...held('authentication'),
    words: /next ten minutes/,
    remedy: /15 minutes/,
  },
  { scenario: 'server-busy', outcome: 'deferred busy', attempts: 1, words: /Server busy/ },
  { scenario: 'busy-greeting', ...unavailable('throttled'), words: /is busy/ },
  { scenario: 'service-unavailable', ...unavailable('unreachable'), words: /421 4\.3\.2/ },
  { scenario: 'reset', ...unavailable('unreachable'), words: /connection/ },
  { scenario: 'gmail-bad-token', ...held('authentication'), words: /535 5\.7\.8.*"status":"400"/ },
  { scenario: 'gmail-daily-limit', ...held('quota'), words: /daily sending limit/ },
  {
    scenario: 'lost-after-dot',
    outcome: 'deferred in-doubt',
    attempts: 1,
    words: /after the end of the message/,
  },
  {
    scenario: 'taken-then-lost',
    outcome: 'deferred in-doubt',
    attempts: 1,
    words: /after the end of the message/,
  },
  { scenario: 'bad-recipient', outcome: 'rejected recipient', attempts: 1, words: /RecipientNotFound/ },
  { scenario: 'message-too-large', outcome: 'rejected content', attempts: 1, words: /exceeds fixed maximum/ },
];

describe('an SMTP upstream that the simulator plays', () => {
  let simulator: Simulator;
  let token: string;

  before(async () => {
    simulator = await startSimulator({ limits: false });
    token = await applicationToken(simulator);
  });
  after(() => simulator.close());
  afterEach(() => simulator.reset());

  function start(rewrite: 'never' | 'if-refused', alerts: RecordedAlerts) {
    const { clientId, tenantId, smtp } = simulator.microsoft;
    return testUpstreams(
      {
        upstreams: [
          smtpUpstream(smtp.port, {
            host: 'localhost',
            security: 'starttls',
            from: { rewrite },
            authentication: {
              type: 'oauth2',
              provider: 'microsoft',
              flow: 'client-credentials',
              mailbox: 'relay@example.com',
              clientId,
              tenantId,
            },
          }),
        ],
      },
      { alerts, tokens: fakeTokens(() => token), anchors: [simulator.certificateAuthority] },
    );
  }

  for (const row of rows) {
    const name = [row.scenario, row.after ? `${row.after} times before` : '', row.rewrite ?? ''].filter(
      (word) => word !== '',
    );
    it(`answers ${name.join(', ')}`, async () => {
      const alerts = recordAlerts();
      const { upstreams } = start(row.rewrite ?? 'never', alerts);
      const sender = SENDER === row.alerts ? 'scanner@example.com' : 'relay@example.com';
      simulator.behave({ scenario: row.scenario, ...(row.rewrite ? { sender } : {}) });
      let attempt: Attempt | undefined;
      for (let count = 0; count <= (row.after ?? 0); count += 1)
        attempt = await deliver(upstreams, message({ sender }));
      await upstreams.close();
      if (attempt === undefined) throw new Error('nothing was tried');
      const { outcome } = attempt;
      expect(summary(outcome), JSON.stringify(outcome)).to.equal(row.outcome);
      const shown = outcome.kind === 'unavailable' ? outcome : outcome.recipients[0];
      const words = outcome.kind === 'unavailable' ? outcome.text : (outcome.recipients[0]?.reply.text ?? '');
      expect(words).to.match(row.words);
      expect(words).not.to.contain(token.slice(0, 40));
      if (row.remedy) expect(shown).to.have.property('remedy').that.matches(row.remedy);
      expect([...alerts.standing.keys()]).to.deep.equal(row.alerts ?? []);
      expect(attemptsSpent(attempt)).to.equal(row.attempts);
    });
  }

  it('gives the message to a new connection when a warm one is closed', async () => {
    const { upstreams } = start('never', recordAlerts());
    const own = message({
      sender: 'relay@example.com',
      body: bodyOf('From: relay@example.com\r\nSubject: x\r\n\r\nx\r\n'),
    });
    expect(summary((await deliver(upstreams, own)).outcome)).to.equal('delivered');
    simulator.behave({ scenario: 'closing', times: 1 });
    expect(summary((await deliver(upstreams, own)).outcome)).to.equal('delivered');
    await upstreams.close();
  });
});

/** As the queue counts them; an upstream that is out of order is settled by nobody. */
function attemptsSpent({ outcome, ...attempt }: Attempt): number {
  if (outcome.kind === 'unavailable') return 0;
  const record = messageRecord();
  return settleAttempt(
    record,
    { ...attempt, outcome },
    {
      now: record.acceptedAt,
      settings: settingsSchema.parse({}).queue,
      random: systemRandom,
      waited: 0,
    },
  ).record.attempts;
}
