import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { type RunningAdmin, startAdmin } from '../support/admin.ts';
import { until } from '../support/until.ts';

const MOST_OF_ONE = 150;

/** Connections of one address of this machine; they send a part of a request and no more. */
async function connectMany(url: string, from: string, count: number): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    socket.on('error', () => undefined);
    socket.once('connect', () => socket.write('GET / HT'));
    return socket;
  });
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
  return sockets;
}

const openOf = (sockets: readonly Socket[]) => sockets.filter((socket) => !socket.closed).length;

describe('connections to the admin', () => {
  let running: RunningAdmin;
  const opened: Socket[] = [];
  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.destroy();
    await running.stop();
  });

  async function flood(from: string, count: number): Promise<readonly Socket[]> {
    const sockets = await connectMany(running.url, from, count);
    opened.push(...sockets);
    return sockets;
  }

  it('are not all taken by one machine, which is told once in the log, and gets its places back', async () => {
    running = await startAdmin();
    const first = await flood('127.0.0.9', MOST_OF_ONE + 100);
    await until(() => openOf(first) === MOST_OF_ONE, 'those beyond are cut off');
    expect((await running.request('/livez')).status).to.equal(200);
    const words = () => running.log.lines.filter((line) => line.includes('too many connections'));
    expect(words()).to.have.length(1);

    for (const socket of first) socket.destroy();
    await until(async () => openOf(await flood('127.0.0.9', 1)) === 1, 'a place is free again');
  });

  it('are not counted by address where all come from a trusted proxy', async () => {
    running = await startAdmin({ behindProxy: true, trustedProxies: ['127.0.0.9'] });
    const all = await flood('127.0.0.9', MOST_OF_ONE + 50);
    expect((await running.request('/livez')).status).to.equal(200);
    expect(openOf(all)).to.equal(MOST_OF_ONE + 50);
  });
});
