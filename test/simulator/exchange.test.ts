import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { applicationToken, secureClient, signedInClient, xoauth2 } from '../support/simulator-client.ts';

const MESSAGE = 'From: relay@example.com\r\nTo: a@example.net\r\nSubject: Toner\r\n\r\nlow';

describe('simulated Exchange Online over SMTP', () => {
  let simulator: Simulator;

  before(async () => {
    simulator = await startSimulator();
  });
  after(() => simulator.close());
  afterEach(() => simulator.reset());

  it('takes a message from an application with a token', async () => {
    const client = await signedInClient(simulator, await applicationToken(simulator));
    const reply = await client.message('relay@example.com', ['a@example.net'], MESSAGE);
    await client.quit();
    expect(reply.text).to.match(/^250 2\.0\.0 OK </);
    const [message] = simulator.messages().slice(-1);
    expect(message).to.include({ provider: 'microsoft', over: 'smtp', mailbox: 'relay@example.com' });
    expect(message?.recipients).to.deep.equal(['a@example.net']);
    expect(message?.content.toString()).to.contain('Subject: Toner');
  });

  it('shows AUTH only behind STARTTLS', async () => {
    const client = await secureClient(simulator);
    const reply = await client.ask('EHLO again.example');
    await client.quit();
    expect(reply.lines).to.include('250-AUTH LOGIN XOAUTH2');
    expect(reply.text).not.to.contain('STARTTLS');
  });

  it('takes the token in two steps', async () => {
    const client = await secureClient(simulator);
    expect((await client.ask('AUTH XOAUTH2')).code).to.equal(334);
    const token = await applicationToken(simulator);
    expect((await client.ask(xoauth2('relay@example.com', token))).code).to.equal(235);
    await client.quit();
  });
});
