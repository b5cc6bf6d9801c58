import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import { remoteAdmin } from '../support/simulated-consent.ts';
import { until } from '../support/until.ts';

describe('stopping while a token endpoint does not answer', () => {
  const sockets = new Set<Socket>();
  let server: Server;
  let relay: Relay;
  let asked = 0;

  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      socket.on('data', () => (asked += 1));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const authentication = {
      type: 'oauth2',
      provider: 'generic',
      flow: 'client-credentials',
      clientId: 'id',
      clientSecret: { value: 'a secret of the application' },
      mailbox: 'relay@example.com',
      tokenEndpoint: `http://127.0.0.1:${port}/token`,
    };
    const upstream = { name: 'office', kind: 'smtp', host: '127.0.0.1', port, authentication };
    relay = await startRelay(relaySettings({ upstreams: [upstream], defaultUpstream: 'office' }));
  });
  after(async () => {
    await relay.remove();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('ends within its deadline, lets the server go, and keeps the message', async () => {
    const { id } = await relay.send();
    await until(() => asked > 0, 'the token endpoint is asked');
    const from = performance.now();
    await relay.stop(200);
    expect(performance.now() - from).to.be.below(2000);
    await until(() => sockets.size === 0, 'the connection is closed');
    expect(relay.log.text()).not.to.contain('could not be closed');
    await relay.restart();
    expect((await relay.message(id)).state).to.equal('queued');
  });
});

describe('stopping while programs wait for mail', () => {
  it('tells them so, and does not wait for them', async () => {
    const relay = await startRelay();
    try {
      const admin = remoteAdmin(relay.app.admin.address().port, relay.directory);
      const waiting = admin.call('/api/v1/messages/wait?recipient=nobody%40example.com&timeout=60');
      // The next answer is behind the other one, so that one is being waited for.
      expect((await admin.call('/api/v1/queue')).status).to.equal(200);
      const from = performance.now();
      const [answer] = await Promise.all([waiting, relay.stop()]);
      expect(answer.status).to.equal(503);
      expect(answer.text).to.contain('"code":"stopping"');
      expect(performance.now() - from).to.be.below(1500);
    } finally {
      await relay.remove();
    }
  });
});
