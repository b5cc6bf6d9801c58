/** Every answer of the table, in a whole Postern: what becomes of the message, what is said about it, and that it arrives in the end. */
import { expect } from 'chai';
import type { JournalEvent } from '../../src/queue/message.ts';
import {
  exchangeUpstream,
  gmailSmtpUpstream,
  gmailUpstream,
  graphUpstream,
  microsoftApplication,
} from '../support/application-upstreams.ts';
import { authorize, simulatedUpstream } from '../support/simulated-consent.ts';
import { type Stage, startStage } from '../support/stage.ts';
import type { FailureRow } from './failure-row.ts';
import { failureRows } from './upstream-failures-table.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** A limit that was not met again for so long is over, and its alert with it. */
const LIMIT_IS_OVER = 130 * MINUTE;
const ACCOUNT = 'relay@example.com';
const rewriting = { from: { rewrite: 'if-refused' } };

describe('what upstreams answer', function () {
  this.timeout(20_000);
  let stage: Stage;

  before(async () => {
    stage = await startStage((simulator) => [
      exchangeUpstream(simulator, 'office'),
      exchangeUpstream(simulator, 'office-rewriting', rewriting),
      gmailSmtpUpstream(simulator, 'gmail-smtp'),
      graphUpstream(simulator, 'graph'),
      graphUpstream(simulator, 'graph-rewriting', rewriting),
      graphUpstream(simulator, 'graph-own', {
        authentication: microsoftApplication(simulator, { perSender: true }),
      }),
      gmailUpstream(simulator, 'gmail'),
      simulatedUpstream(simulator, { name: 'office-consent', limits: { messagesPerConnection: 1 } }),
    ]);
    stage.simulator.register({ mailbox: { email: 'scanner@example.com' } });
    await authorize(stage.admin, stage.simulator, 'office-consent');
    await Promise.all(stage.relay.app.settings.current().upstreams.map(({ name }) => arrive(name)));
  });
  after(() => stage.close());
  beforeEach(() => {
    stage.simulator.reset();
    // What was learnt of the last row is over: pauses, tokens that may not be asked for again so soon.
    stage.clock.skip(2 * MINUTE);
    const limited = stage.alerts().some(({ key }) => key.endsWith(' recipients'));
    if (limited) stage.clock.skip(LIMIT_IS_OVER);
  });

  for (const [title, rows] of failureRows) {
    describe(title, () => {
      for (const row of rows) it(`${row.row}: ${row.fate}`, () => tried(row));
    });
  }

  async function arrive(upstream: string): Promise<void> {
    const { id } = await stage.relay.send({ sender: ACCOUNT, recipients: [`first@${upstream}.test`] });
    await stage.relay.reaches(id, 'delivered');
  }

  /** A message that gets through, so that there is a token; then the token grows old. */
  async function prepareToken(row: FailureRow): Promise<void> {
    if (row.token === undefined && row.tokenRequests === undefined) return;
    await arrive(row.upstream);
    if (row.token !== undefined) stage.clock.skip((row.token === 'ended' ? 65 : 50) * MINUTE);
  }

  async function tried(row: FailureRow): Promise<void> {
    const { simulator, relay, clock } = stage;
    await prepareToken(row);
    const standing = relay.app.alerts.list();
    const [line, counters] = [relay.log.lines.length, simulator.counters()];
    for (const behaviour of row.play) simulator.behave(behaviour);
    const recipients = (row.recipients ?? ['ann']).map((name) => `${name}@${row.upstream}.test`);
    const sent = await relay.send({
      sender: row.sender ?? ACCOUNT,
      recipients,
      ...(row.content === undefined ? {} : { content: row.content }),
    });
    expect(sent.code, sent.text).to.equal(250);

    const began = clock.monotonic();
    const type = row.journal.startsWith('waiting') ? 'waiting' : 'attempt';
    const event = await stage.event(sent.id, type);
    expect(described(event), JSON.stringify(event)).to.equal(row.journal);
    expect(wordsOf(event)).to.match(row.words);
    const message = await relay.message(sent.id);
    expect(message.attempts, 'attempts spent').to.equal(row.attempts);
    if (row.remedy) expect(remedyOf(event)).to.match(row.remedy);
    const alerts = () => stage.alerts(standing).map(({ key }) => key);
    if (row.alertAfter !== undefined) {
      expect(alerts(), 'alerts at once').to.deep.equal([]);
      await stage.passUntil(() => alerts().length > 0, 'an alert');
      expect((clock.monotonic() - began) / SECOND, 'alert after').to.be.at.least(row.alertAfter);
    }
    expect(alerts(), 'alerts').to.have.members([...(row.alerts ?? [])]);
    const asked = simulator.counters().tokenRequests - counters.tokenRequests;
    if (row.tokenRequests !== undefined) expect(asked, 'token requests').to.equal(row.tokenRequests);
    if (row.tokenRequestsAtLeast !== undefined) expect(asked).to.be.at.least(row.tokenRequestsAtLeast);
    if (row.fate === 'held' && type === 'waiting') {
      const status = (await relay.app.queue.operations.show(sent.id)).waitingFor;
      expect(status?.circuit).to.equal('open');
      expect(status?.nextProbeAt, 'says when it goes on').to.be.above(clock.now() - MINUTE);
    }

    if (row.play.every(({ times }) => times === undefined)) simulator.reset();
    const end = row.fate === 'bounced' ? 'failed' : 'delivered';
    const most = (row.within ?? 0) * SECOND;
    const passed = await stage.passUntil(
      async () => (await relay.message(sent.id)).state === end,
      `${row.row}: ${end}`,
      most + 5 * SECOND,
    );
    expect(passed / SECOND, 'seconds until it was there').to.be.at.most(row.within ?? 5);
    if (row.notBefore !== undefined)
      expect((clock.monotonic() - began) / SECOND).to.be.at.least(row.notBefore);

    const arrived = simulator.messages().filter(({ content }) => content.includes(message.headerMessageId));
    const copies = row.copies ?? (row.fate === 'bounced' && recipients.length === 1 ? 0 : 1);
    expect(arrived, 'messages that arrived').to.have.lengthOf(copies);
    const events = await relay.events(sent.id);
    const last = events.findLast((each) => each.type === 'attempt');
    if (row.journal === 'deferred in-doubt') expect(last?.possibleDuplicate).to.equal(true);
    expect(last?.rewrittenSender !== undefined, 'rewritten').to.equal(
      row.fate === 'rewritten' || row.upstream === 'office-consent',
    );
    const returned = events.some((each) => each.type === 'returned');
    expect(returned, 'a report').to.equal(row.fate === 'bounced');
    expect(stage.told(line), 'alerts that were told').to.have.members([...(row.alerts ?? [])]);
    const lasting = stage.alerts(standing).filter(({ key }) => !/ (sender|recipients)\b/.test(key));
    expect(
      lasting.map(({ key }) => key),
      'alerts afterwards',
    ).to.deep.equal([]);
    const everything = JSON.stringify(events) + relay.log.lines.slice(line).join('');
    expect(everything).not.to.match(/eyJ[\w-]{20}/);
  }
});

/** Of an attempt the recipient that fared worst. */
function described(event: JournalEvent): string {
  if (event.type === 'waiting') return `waiting ${event.reason}`;
  const one = worst(event);
  return [one?.result, one?.reason].filter((word) => word !== undefined).join(' ');
}

function wordsOf(event: JournalEvent): string {
  if (event.type === 'waiting') {
    const { text, reply } = event;
    return `${text} ${reply === undefined ? '' : `${reply.code} ${reply.enhanced ?? ''} ${reply.text}`}`;
  }
  const reply = worst(event)?.reply;
  return reply === undefined ? '' : [reply.code, reply.enhanced, reply.text].filter(Boolean).join(' ');
}

function remedyOf(event: JournalEvent): string {
  return (event.type === 'waiting' ? event.remedy : worst(event)?.remedy) ?? '';
}

function worst(event: JournalEvent) {
  if (event.type !== 'attempt') return undefined;
  return event.recipients.find(({ result }) => result !== 'delivered') ?? event.recipients[0];
}
