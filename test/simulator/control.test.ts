import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { applicationToken, signedInClient, webCall } from '../support/simulator-client.ts';

describe('control calls of the simulator', () => {
  let simulator: Simulator;

  before(async () => {
    simulator = await startSimulator();
  });
  after(() => simulator.close());

  const call = (path: string, options: Parameters<typeof webCall>[2] = {}) =>
    webCall(simulator, simulator.control + path, options);

  it('are not answered to another Host, a page of another site, or what is no JSON', async () => {
    const { port } = new URL(simulator.control);
    for (const Host of [
      `attacker.example:${port}`,
      '192.0.2.1',
      `127.0.0.1.attacker.example:${port}`,
      'x@localhost',
    ]) {
      expect((await call('/messages', { headers: { Host } })).status, Host).to.equal(403);
    }
    for (const Host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await call('/messages', { headers: { Host } })).status, Host).to.equal(200);
    }
    const json = { scenario: 'server-busy' };
    expect(
      (await call('/scenarios', { json, headers: { Origin: 'https://attacker.example' } })).status,
    ).to.equal(403);
    expect((await call('/scenarios', { form: json })).status).to.equal(415);
    expect((await call('/scenarios')).text).not.to.contain('"active":[{');
  });

  it('set scenarios going and end them', async () => {
    expect((await call('/scenarios', { json: { scenario: 'server-busy', times: 3 } })).status).to.equal(201);
    expect((await call('/scenarios')).json['active']).to.deep.equal([{ scenario: 'server-busy', times: 3 }]);
    expect((await call('/scenarios', { method: 'DELETE' })).status).to.equal(204);
    expect((await call('/scenarios')).json['active']).to.deep.equal([]);
  });

  it('say what is wrong with a request', async () => {
    for (const json of [{}, { scenario: 'none' }, { scenario: 'reset', times: -1 }, { scenario: 5 }, []]) {
      const answer = await call('/scenarios', { json });
      expect(answer.status, JSON.stringify(json)).to.equal(400);
      expect(answer.json['error']).to.be.a('string');
    }
    expect((await call('/revoke', { json: { what: 'everything' } })).status).to.equal(400);
    expect((await call('/lifetime', { json: { lifetime: 'long' } })).status).to.equal(400);
  });

  it('show messages and counters, revoke tokens and change how they are made', async () => {
    const client = await signedInClient(simulator, await applicationToken(simulator));
    await client.message('relay@example.com', ['a@example.net'], 'From: relay@example.com\r\n\r\nhello');
    await client.quit();
    const shown = await call('/messages');
    expect(shown.text).to.contain('"recipients":["a@example.net"]');
    expect((await call('/counters')).json).to.include({ messages: 1, tokenRequests: 1, signIns: 1 });
    await call('/lifetime', { json: { lifetime: 5000, length: 3000, rotate: true } });
    expect(await applicationToken(simulator)).to.have.length.greaterThan(2990);
    await call('/revoke', { json: { what: 'tokens' } });
    await call('/register', { json: { clientSecret: 'another', mailbox: { email: 'new@example.com' } } });
    expect(simulator.microsoft.clientSecret).to.equal('another');
  });
});
