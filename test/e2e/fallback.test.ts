/** When one way out is closed the other takes over by itself, says why, and leaves the field when the first is open again. */
import { expect } from 'chai';
import { exchangeUpstream, graphUpstream } from '../support/application-upstreams.ts';
import { typed } from '../support/command-line.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { type Stage, startStage } from '../support/stage.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('the fallback of an upstream', function () {
  this.timeout(20_000);
  let stage: Stage;

  before(async () => {
    stage = await startStage((simulator) => [
      exchangeUpstream(simulator, 'office', { fallback: 'office-graph' }),
      graphUpstream(simulator, 'office-graph'),
      graphUpstream(simulator, 'graph', { fallback: 'graph-smtp' }),
      exchangeUpstream(simulator, 'graph-smtp'),
    ]);
  });
  after(() => stage.close());
  beforeEach(() => {
    stage.simulator.reset();
    stage.clock.skip(3 * MINUTE);
  });

  async function send(upstream: string): Promise<string> {
    const { id, text } = await stage.relay.send({
      sender: 'relay@example.com',
      recipients: [`ann@${upstream}.test`],
    });
    expect(id, text).not.to.equal('');
    return id;
  }

  /** Once it is delivered: by which upstream, over what, and after how long, ms. */
  async function outcome(id: string) {
    const isThere = async () => (await stage.relay.message(id)).state === 'delivered';
    const passed = await stage.passUntil(isThere, `${id} is delivered`);
    const { headerMessageId, attempts, recipients } = await stage.relay.message(id);
    const found = stage.simulator.messages().filter(({ content }) => content.includes(headerMessageId));
    expect(found, 'copies').to.have.lengthOf(1);
    return { by: recipients[0]?.upstream, over: found[0]?.over, attempts, passed };
  }

  /** What an administrator reads. */
  async function shown(id: string): Promise<string> {
    const where = ['--admin', new URL(stage.admin.url).host, '--data', stage.relay.directory];
    const { out, err, code } = await typed(['queue', 'show', id, ...where]);
    expect(code, err).to.equal(0);
    return out;
  }

  it('SMTP AUTH switched off at Exchange: Graph takes the message at once, and all others, until it is on again', async () => {
    const line = stage.relay.log.lines.length;
    stage.simulator.behave({ scenario: 'smtp-auth-disabled-tenant' });
    const first = await send('office');
    expect(await outcome(first)).to.include({ by: 'office-graph', over: 'api', attempts: 1 });
    const words = await shown(first);
    expect(words).to.match(
      /goes to office-graph in place of office: office is paused: SMTP AUTH is switched off in Exchange for this mailbox or for the whole tenant\./,
    );
    expect(words).to.match(/attempt 1 at office-graph/);
    expect(words).not.to.match(/waiting for/);
    for (const id of [await send('office'), await send('office')]) {
      expect(await outcome(id)).to.include({ by: 'office-graph', attempts: 1 });
      expect(await shown(id)).to.match(
        /goes to office-graph in place of office: office is paused: SMTP AUTH/,
      );
    }
    expect(stage.alerts().map(({ key }) => key)).to.deep.equal(['upstream office']);
    expect(stage.alerts()[0]?.remedy).to.match(/Set-CASMailbox/);

    stage.simulator.reset();
    stage.clock.skip(MINUTE);
    const back = await send('office');
    expect(await outcome(back)).to.include({ by: 'office', over: 'smtp', attempts: 1 });
    expect(await shown(back)).not.to.match(/in place of/);
    expect(stage.alerts()).to.deep.equal([]);
    expect(stage.told(line)).to.deep.equal(['upstream office']);
  });

  for (const [upstream, other, scenario] of [
    ['graph', 'graph-smtp', 'graph-too-large'],
    ['graph', 'graph-smtp', 'graph-message-size'],
    ['office', 'office-graph', 'message-too-large'],
  ] as const) {
    it(`too large for ${upstream} (${scenario}): ${other} takes this message, and no other`, async () => {
      stage.simulator.behave({ scenario, times: 1 });
      const large = await send(upstream);
      expect(await outcome(large)).to.include({ by: other, attempts: 1 });
      expect(await shown(large)).to.match(
        new RegExp(
          `goes to ${other} in place of ${upstream}: The message is too large for ${upstream}: \\d+`,
        ),
      );
      expect(await outcome(await send(upstream))).to.include({ by: upstream });
      expect(stage.alerts()).to.deep.equal([]);
    });
  }

  it('too large, and there is no fallback: the next device that announces so much hears it before it sends', async () => {
    stage.simulator.behave({ scenario: 'message-too-large', times: 1 });
    const { id } = await stage.relay.send({
      sender: 'relay@example.com',
      recipients: ['ann@graph-smtp.test'],
      content: Buffer.concat([Buffer.from('Subject: x\r\n\r\n'), Buffer.alloc(1_200_000, 'page\r\n')]),
    });
    await stage.event(id, 'returned');
    const client = await SmtpClient.ready(stage.relay.port(), { deadline: 15_000 });
    for (const [size, code] of [
      [1_300_000, 552],
      [1_000_000, 354],
    ]) {
      expect((await client.ask(`MAIL FROM:<relay@example.com> SIZE=${size}`)).code).to.equal(250);
      expect((await client.ask('RCPT TO:<ann@graph-smtp.test>')).code).to.equal(250);
      const reply = await client.ask('DATA');
      expect(reply.code, reply.text).to.equal(code);
      if (code !== 354) await client.ask('RSET');
    }
    client.destroy();
  });

  it('throttled for a moment: the message waits, for its turn comes soon', async () => {
    stage.simulator.behave({ scenario: 'graph-throttled-date', times: 1 });
    const id = await send('graph');
    expect(await outcome(id)).to.include({ by: 'graph', attempts: 1 });
    expect(await shown(id)).to.match(/waiting for upstream graph \(throttled\)/);
  });

  for (const [upstream, other, scenario] of [
    ['graph', 'graph-smtp', 'graph-unavailable'],
    ['office', 'office-graph', 'busy-greeting'],
  ] as const) {
    it(`throttled for longer (${scenario}): ${other} takes over within a minute, and ${upstream} goes on afterwards`, async () => {
      stage.simulator.behave({ scenario });
      const id = await send(upstream);
      const { passed, ...rest } = await outcome(id);
      expect(rest).to.include({ by: other, attempts: 1 });
      expect(passed).to.be.below(MINUTE);
      expect(await shown(id)).to.match(
        new RegExp(`goes to ${other} in place of ${upstream}: ${upstream} is paused: `),
      );
      stage.simulator.reset();
      stage.clock.skip(MINUTE);
      expect(await outcome(await send(upstream))).to.include({ by: upstream });
      expect(stage.alerts()).to.deep.equal([]);
    });
  }

  it('the limit of recipients within 24 hours: the fallback takes over at once', async () => {
    stage.simulator.behave({ scenario: 'submission-quota' });
    const id = await send('office');
    expect(await outcome(id)).to.include({ by: 'office-graph', attempts: 1 });
    expect(await shown(id)).to.match(
      /office is paused: The account has reached its limit of recipients within 24 hours/,
    );
    stage.simulator.reset();
    stage.clock.skip(70 * MINUTE);
    expect(await outcome(await send('office'))).to.include({ by: 'office' });
    expect(stage.alerts()).to.deep.equal([]);
  });

  it('both closed: the message waits for whichever opens first', async () => {
    stage.simulator.behave({ scenario: 'smtp-auth-disabled-mailbox' });
    stage.simulator.behave({ scenario: 'graph-access-denied' });
    const id = await send('office');
    await stage.passUntil(() => stage.alerts().length === 2, 'two alerts');
    expect((await stage.relay.message(id)).attempts).to.equal(0);
    expect((await stage.relay.message(id)).state).to.equal('queued');
    stage.simulator.reset();
    stage.simulator.behave({ scenario: 'smtp-auth-disabled-mailbox' });
    const { passed, by } = await outcome(id);
    expect(by).to.equal('office-graph');
    expect(passed).to.be.below(MINUTE);
  });
});
