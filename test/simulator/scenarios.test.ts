import { expect } from 'chai';
import { scenarios } from '../../src/simulator/scenarios.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import {
  applicationToken,
  secureClient,
  signedInClient,
  webCall,
  xoauth2,
} from '../support/simulator-client.ts';

const MESSAGE = 'From: relay@example.com\r\nTo: a@example.net\r\n\r\nlow';
const GRAPH = 'https://graph.microsoft.com/.default';

describe('scenarios of the simulator', () => {
  let simulator: Simulator;
  let token = '';
  let graphToken = '';

  before(async () => {
    simulator = await startSimulator({ limits: false });
    token = await applicationToken(simulator);
    graphToken = await applicationToken(simulator, GRAPH);
  });
  after(() => simulator.close());
  afterEach(() => simulator.reset());

  const sendOverGraph = () =>
    webCall(simulator, `${simulator.microsoft.api}/v1.0/users/relay@example.com/sendMail`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${graphToken}`, 'Content-Type': 'text/plain' },
      body: Buffer.from(MESSAGE).toString('base64'),
    });
  const askForToken = () => {
    const { clientId, clientSecret, tokenEndpoint } = simulator.microsoft;
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: GRAPH,
    };
    return webCall(simulator, tokenEndpoint, { form });
  };

  /** Everything that a client sees until the message is taken, or what went wrong. */
  async function overSmtp(): Promise<string> {
    try {
      const client = await secureClient(simulator);
      const answer = await client.ask(`AUTH XOAUTH2 ${xoauth2('relay@example.com', token)}`);
      const signedIn = answer.code === 334 ? await client.ask('') : answer;
      if (signedIn.code !== 235) return `${answer.text}\n${signedIn.text}`;
      const reply = await client.message('relay@example.com', ['a@example.net'], MESSAGE);
      if (reply.code >= 400) return reply.text;
      await client.closed().catch(() => undefined);
      return `${reply.code} ${client.isClosed ? 'and reset' : ''}`;
    } catch (error) {
      return `broken: ${String(error)}`;
    }
  }

  for (const { name, stage, answer } of scenarios) {
    if (answer.kind === 'slow') continue;
    it(`${name} is played at ${stage}`, async function () {
      this.timeout(5000);
      simulator.behave({ scenario: name, times: 1 });
      const before = simulator.messages().length;
      if (stage === 'token' || stage === 'api') {
        const seen = await (stage === 'token' ? askForToken() : sendOverGraph()).catch(() => undefined);
        if (answer.kind === 'lost') expect(seen).to.equal(undefined);
        else expect(seen?.status).to.equal('status' in answer ? answer.status : 0);
        if (answer.kind === 'entra') expect(seen?.json['error_codes']).to.deep.equal([answer.code]);
      } else if (answer.kind === 'reset-after') {
        expect(simulator.messages()).to.have.length(before);
        const client = await signedInClient(simulator, token);
        expect((await client.message('relay@example.com', ['a@example.net'], MESSAGE)).code).to.equal(250);
        await client.closed();
      } else {
        const seen = await overSmtp();
        if (answer.kind === 'reply' && stage !== 'connect') expect(seen).to.contain(`${answer.code}`);
        else if (answer.kind === 'challenge') expect(seen).to.contain('334 ').and.to.contain('535-5.7.8');
        else expect(seen).to.contain('broken');
      }
      const taken =
        (answer.kind === 'lost' && answer.taken && stage !== 'token') || answer.kind === 'reset-after';
      expect(simulator.messages().length - before, 'taken').to.equal(taken ? 1 : 0);
    });
  }

  it('are played for an address that asks for one, and for nobody else', async () => {
    const client = await signedInClient(simulator, token);
    const full = await client.message('relay@example.com', ['scenario+mailbox-full@example.net'], MESSAGE);
    expect(full.text).to.contain('554 5.2.2');
    const bad = await client.message('relay@example.com', ['scenario+bad-recipient@example.net'], MESSAGE);
    expect(bad.text).to.contain('550 5.1.10');
    await client.ask('RSET');
    expect((await client.message('relay@example.com', ['a@example.net'], MESSAGE)).code).to.equal(250);
    await client.quit();
  });

  it('are played for one sender or recipient only, and as often as was said', async () => {
    simulator.behave({ scenario: 'server-busy', recipient: 'B@example.net', times: 2 });
    const client = await signedInClient(simulator, token);
    const codes: number[] = [];
    for (const to of ['a@example.net', 'b@example.net', 'b@example.net', 'b@example.net']) {
      codes.push((await client.message('relay@example.com', [to], MESSAGE)).code);
    }
    await client.quit();
    expect(codes).to.deep.equal([250, 451, 451, 250]);
    expect(() => simulator.behave({ scenario: 'unheard-of' })).to.throw('There is no scenario unheard-of');
  });

  it('have names of their own', () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).to.deep.equal([]);
  });
});
