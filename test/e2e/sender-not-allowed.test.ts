/** A device sends as somebody whom the upstream's account may not send as. */
import { expect } from 'chai';
import { headerText, parseHeader } from '../../src/message/headers.ts';
import {
  exchangeUpstream,
  gmailUpstream,
  googleServiceAccount,
  graphUpstream,
  microsoftApplication,
} from '../support/application-upstreams.ts';
import { type Stage, startStage } from '../support/stage.ts';

const ACCOUNT = 'relay@example.com';
const rewriting = { from: { rewrite: 'if-refused' } };

describe('a sender that the account may not use', function () {
  this.timeout(20_000);
  let stage: Stage;

  before(async () => {
    stage = await startStage((simulator) => {
      const perSender = {
        ...rewriting,
        authentication: microsoftApplication(simulator, { perSender: true }),
      };
      return [
        exchangeUpstream(simulator, 'smtp-never'),
        graphUpstream(simulator, 'graph-never'),
        exchangeUpstream(simulator, 'smtp-refused', rewriting),
        graphUpstream(simulator, 'graph-refused', rewriting),
        exchangeUpstream(simulator, 'smtp-own', perSender),
        graphUpstream(simulator, 'graph-own', perSender),
        graphUpstream(simulator, 'graph-patient', { ...perSender, from: { rewrite: 'never' } }),
        gmailUpstream(simulator, 'gmail-own', {
          ...rewriting,
          authentication: googleServiceAccount(simulator, { perSender: true }),
        }),
      ];
    });
    stage.simulator.register({ mailbox: { email: 'granted@example.com' } });
    stage.simulator.register({ mailbox: { email: 'closed@example.com', granted: false } });
  });
  after(() => stage.close());

  async function send(upstream: string, sender: string, content?: string): Promise<string> {
    const { id, text } = await stage.relay.send({
      sender,
      recipients: [`ann@${upstream}.test`],
      content: content ?? `From: "Scanner, 3rd floor" <${sender}>\r\nSubject: Page 1\r\n\r\nscanned\r\n`,
    });
    expect(id, text).not.to.equal('');
    return id;
  }

  async function arrived(id: string) {
    const isThere = async () => (await stage.relay.message(id)).state === 'delivered';
    await stage.passUntil(isThere, `${id} is delivered`);
    const { headerMessageId } = await stage.relay.message(id);
    const found = stage.simulator.messages().filter(({ content }) => content.includes(headerMessageId));
    expect(found).to.have.lengthOf(1);
    const [message] = found;
    if (message === undefined) throw new Error('not reached');
    const header = parseHeader(message.content);
    return { ...message, field: (name: string) => headerText(header, name) };
  }

  const alertsAbout = (upstream: string, sender: string) =>
    stage.alerts().filter(({ key }) => key === `upstream ${upstream} sender ${sender} of this machine`);

  for (const upstream of ['smtp-refused', 'graph-refused']) {
    it(`${upstream}: leaves from the upstream's address; replies go to the device's; one alert for many messages`, async () => {
      const sender = 'scanner@example.com';
      const line = stage.relay.log.lines.length;
      const ids = [await send(upstream, sender), await send(upstream, sender), await send(upstream, sender)];
      for (const id of ids) {
        const message = await arrived(id);
        expect(message.mailbox).to.equal(ACCOUNT);
        expect(message.sender).to.equal(ACCOUNT);
        expect(message.field('from')).to.contain(`<${ACCOUNT}>`).and.not.contain(sender);
        expect(message.field('reply-to')).to.contain(sender);
        expect(message.field('x-original-from')).to.contain(sender);
        const attempt = (await stage.relay.events(id)).find(({ type }) => type === 'attempt');
        expect(attempt).to.include({ rewrittenSender: ACCOUNT });
      }
      const [alert, ...more] = alertsAbout(upstream, sender);
      expect(more).to.deep.equal([]);
      expect(alert?.level).to.equal('warning');
      expect(alert?.text).to.contain(`from ${sender}`).and.contain(`it leaves from ${ACCOUNT}`);
      expect(alert?.remedy).to.contain('Add-RecipientPermission');
      expect(stage.told(line)).to.deep.equal([alert?.key]);
    });

    it(`${upstream}: a Reply-To of the device's own stays`, async () => {
      const sender = 'copier@example.com';
      const content = `From: ${sender}\r\nReply-To: helpdesk@example.com\r\nSubject: x\r\n\r\nx\r\n`;
      const message = await arrived(await send(upstream, sender, content));
      expect(message.field('reply-to')).to.equal('helpdesk@example.com');
      expect(message.field('x-original-from')).to.contain(sender);
    });
  }

  for (const upstream of ['smtp-never', 'graph-never']) {
    it(`${upstream}: comes back with a sentence that the device's owner understands`, async () => {
      const sender = 'scanner@example.com';
      const id = await send(upstream, sender);
      const returned = await stage.event(id, 'returned');
      expect(returned.to).to.equal(sender);
      const text = await reportText(returned.report);
      expect(text.indexOf('What to do')).to.be.below(text.indexOf('SendAsDenied'));
      expect(text).to.contain('Page 1').and.contain(`<ann@${upstream}.test>`);
      expect(text).to.contain(
        `What to do: The mail account behind this relay may not send with your sender address, ${sender}. ` +
          `On the device, set the sender ("From") address to ${ACCOUNT}, which is allowed, and send the message again; ` +
          'or show this report to the administrator of the relay, who can allow your address or let the relay replace it.',
      );
      expect(alertsAbout(upstream, sender)).to.have.lengthOf(1);
    });
  }

  for (const upstream of ['smtp-own', 'graph-own', 'gmail-own']) {
    it(`${upstream}: an application sends from the mailboxes that it was granted, and for the others from its own`, async () => {
      const line = stage.relay.log.lines.length;
      const granted = await arrived(await send(upstream, 'granted@example.com'));
      expect(granted.mailbox).to.equal('granted@example.com');
      expect(granted.sender).to.equal('granted@example.com');
      expect(granted.field('from')).to.contain('granted@example.com');
      expect(granted.field('x-original-from')).to.equal('');
      for (const sender of ['closed@example.com', 'nobody@example.com']) {
        const other = await arrived(await send(upstream, sender));
        expect(other.mailbox).to.equal(ACCOUNT);
        expect(other.field('from')).to.contain(`<${ACCOUNT}>`);
        expect(other.field('reply-to')).to.contain(sender);
        expect(other.field('x-original-from')).to.contain(sender);
      }
      const own = await arrived(await send(upstream, ACCOUNT));
      expect(own.field('x-original-from')).to.equal('');
      expect(stage.told(line), 'what was asked for is no alert').to.deep.equal([]);
    });
  }

  it('Graph: mail of a mailbox that is not granted yet waits, costs no attempt, and leaves when it is', async () => {
    const sender = 'late@example.com';
    stage.simulator.register({ mailbox: { email: sender, granted: false } });
    const id = await send('graph-patient', sender);
    const attempt = await stage.event(id, 'attempt');
    expect(attempt.recipients[0]).to.include({ result: 'deferred', reason: 'sender' });
    expect(attempt.recipients[0]?.remedy).to.match(/Mail\.Send|Exchange/);
    const [alert] = alertsAbout('graph-patient', sender);
    expect(alert?.text).to.match(/it waits: 403.*ErrorAccessDenied/);
    expect((await stage.relay.message(id)).attempts).to.equal(0);
    stage.simulator.register({ mailbox: { email: sender, granted: true } });
    await stage.relay.app.queue.operations.retry({ ids: [id] }, 'test');
    expect((await arrived(id)).mailbox).to.equal(sender);
    expect(alertsAbout('graph-patient', sender)).to.deep.equal([]);
  });

  /** What a person reads: the first part of the report, its lines joined where they were only broken. */
  async function reportText(report: string): Promise<string> {
    const body = await stage.relay.app.queue.operations.body(report);
    if (body === undefined) throw new Error('the report is not kept');
    const chunks: Buffer[] = [];
    for await (const chunk of body.chunks()) chunks.push(chunk);
    const [, text = ''] = Buffer.concat(chunks)
      .toString()
      .split(/^--\S+\r\n/m);
    return text
      .replaceAll(/=\r\n/g, '')
      .replaceAll('=3D', '=')
      .replaceAll(/\s*\r\n +/g, ' ');
  }
});
