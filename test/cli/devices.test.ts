import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AdminServices } from '../../src/admin/services.ts';
import { startAdmin, TOKEN } from '../support/admin.ts';
import { typed } from '../support/command-line.ts';

const device = {
  address: '192.0.2.7',
  client: 'floor',
  listener: 'default',
  greeting: 'mfp\u001b[31m',
  firstSeen: 1,
  lastSeen: Date.UTC(2026, 10, 2),
  lastMessage: '0000000000000001',
  lastSender: 'scan@example.com',
  messages: 3,
};
const denied = {
  address: '198.51.100.7',
  greeting: 'nas\u202e',
  sender: '',
  recipient: 'a@example.net',
  reason: '198.51.100.7 may not send through this relay',
  client: '',
  listener: 'default',
  count: 2,
  firstSeen: 1,
  lastSeen: Date.UTC(2026, 10, 2),
};

describe('postern devices', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function start(devices: readonly (typeof device)[], refused: readonly (typeof denied)[]) {
    const services: Partial<AdminServices> = {
      flow: {
        traffic: { read: async () => ({ step: 1, points: [] }), last: async () => ({}) },
        waitingAges: { waitingSince: async () => [] },
        devices: { list: async (limit) => devices.slice(0, limit), lastSeen: async () => undefined },
        listeners: () => [],
      },
      denied: { record: async () => undefined, list: async () => refused, forget: async () => undefined },
    };
    const running = await startAdmin(services);
    closers.push(() => running.stop());
    await writeFile(join(running.directory, 'admin.token'), `${TOKEN}\n`);
    const environment = { POSTERN_ADMIN: running.url, POSTERN_DATA: running.directory };
    return { running, run: (...words: readonly string[]) => typed(['devices', ...words], environment) };
  }

  it('list who has sent, and who was refused and why, and nothing that steers the terminal', async () => {
    const { run } = await start([device, { ...device, address: '::1' }], [denied]);
    const { code, out } = await run('list', '--limit', '1');
    expect(code).to.equal(0);
    expect(out).to.match(/^ADDRESS .*\n192\.0\.2\.7 +floor +mfp\\x1b\[31m .* 3 +<scan@example\.com>\n$/);
    const refused = await run('refused');
    expect(refused.out).to.match(
      /^198\.51\.100\.7 \(nas\\u202e\), 2 times, last 2026-11-0\d .*\n {2}from <> to <a@example\.net>\n/,
    );
    expect(refused.out).to.contain('devices allow ADDRESS');
    expect(JSON.parse((await run('list', '--json')).out))
      .to.have.property('devices')
      .with.lengthOf(2);
    expect(JSON.parse((await run('refused', '--json')).out)).to.deep.equal({ denied: [denied] });
  });

  it('say so when there is nobody', async () => {
    const { run } = await start([], []);
    expect((await run('list')).out).to.equal('No device has sent yet.\n');
    expect((await run('refused')).out).to.equal('Nobody was refused.\n');
  });

  it('let one send', async () => {
    const { running, run } = await start([], [denied]);
    const { code, out } = await run('allow', '198.51.100.7', '--sender', '<>', '--name', 'nas');
    expect([code, out]).to.deep.equal([0, '198.51.100.7 may send as <>: it is the new client nas.\n']);
    expect(running.services.settings.current().clients.at(-1)).to.deep.include({
      name: 'nas',
      senders: ['<>'],
    });
    const again = await run('allow', 'printer');
    expect(again.code).to.equal(1);
    expect(again.err).to.contain('printer is not an IP address');
    expect((await run('allow')).code).to.equal(2);
    expect((await run('list', '--limit', '0')).code).to.equal(2);
  });
});
