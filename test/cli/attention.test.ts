import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AdminServices } from '../../src/admin/services.ts';
import { startAdmin, TOKEN } from '../support/admin.ts';
import { typed } from '../support/command-line.ts';

describe('postern alerts and postern expiry', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function env(services: Partial<AdminServices> = {}): Promise<Record<string, string>> {
    const running = await startAdmin(services);
    closers.push(() => running.stop());
    await writeFile(join(running.directory, 'admin.token'), `${TOKEN}\n`);
    return { POSTERN_ADMIN: running.url, POSTERN_DATA: running.directory };
  }

  const alert = {
    key: 'a',
    level: 'critical',
    text: 'The upstream said \u001b[31mno.',
    remedy: 'Do this.',
    since: Date.UTC(2026, 10, 2),
  } as const;
  const soon = {
    kind: 'client-secret',
    name: 'office',
    level: 'warning',
    text: 'Soon.',
    remedy: 'Renew it.',
  } as const;
  const fine = { ...soon, name: 'other', level: 'ok', text: 'Later.' } as const;

  it('print what needs a person with its remedy, and nothing that steers the terminal', async () => {
    const { code, out, err } = await typed(['alerts'], await env({ alerts: { list: () => [alert] } }));
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(
      /^critical since 2026-11-0\d .*: The upstream said \\x1b\[31mno\.\n {2}Do this\.\n$/,
    );
  });

  it('print what ends, with the remedy where it is time', async () => {
    const { code, out } = await typed(['expiry'], await env({ expiry: { list: () => [soon, fine] } }));
    expect([code, out]).to.deep.equal([0, 'warning: Soon.\n  Renew it.\nLater.\n']);
  });

  it('print JSON, and say so when there is nothing', async () => {
    const some = await env({ alerts: { list: () => [alert] }, expiry: { list: () => [soon] } });
    expect(JSON.parse((await typed(['alerts', '--json'], some)).out)).to.deep.equal({ alerts: [alert] });
    expect(JSON.parse((await typed(['expiry', '--json'], some)).out)).to.deep.equal({ expiry: [soon] });
    const without = await env();
    expect((await typed(['alerts'], without)).out).to.equal('Nothing needs you.\n');
    expect((await typed(['expiry'], without)).out).to.equal('Nothing is known to end.\n');
  });
});
