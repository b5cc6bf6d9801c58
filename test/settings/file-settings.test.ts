import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { faultText } from '../../src/settings/faults.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { createSettings } from '../../src/settings/service.ts';
import type { SettingsService } from '../../src/settings/settings-service.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { MemorySettingsStorage } from '../support/memory-settings-storage.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const PASSWORD_USER = `
users:
  - name: scanner
    password: { value: hunter2 }
`;

function isNow(service: SettingsService, hostname: string): Promise<void> {
  return until(() => service.current().hostname === hostname, `${hostname} is in force`);
}

describe('settings from a file', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let file: string;
  let log: ReturnType<typeof recordLog>;
  let storage: MemorySettingsStorage;
  let open: SettingsService[];
  beforeEach(async () => {
    directory = await temporaryDirectory();
    file = join(directory.path, 'settings.yaml');
    log = recordLog();
    storage = new MemorySettingsStorage();
    open = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((service) => service.close()));
    await directory.remove();
  });

  const create = async (lookEvery = 10): Promise<SettingsService> => {
    const service = await createSettings({
      storage,
      sealer: createSealer(Buffer.alloc(32, 1)),
      file,
      log: log.log,
      clock: systemClock,
      dataDirectory: '/nowhere',
      lookEvery,
    });
    open.push(service);
    return service;
  };
  const refusal = async (): Promise<RelayError> => {
    const error: unknown = await create().catch((thrown: unknown) => thrown);
    if (error instanceof RelayError) return error;
    throw new Error('it was accepted');
  };

  it('reads YAML and JSON', async () => {
    await writeFile(file, '\uFEFFhostname: a.example # comment\nqueue: { warnAfter: 1h }\n');
    expect((await create()).current()).to.deep.include({ hostname: 'a.example' });
    await writeFile(file, '{\n\t"hostname": "b.example",\n\t"contacts": "x@localhost y@example.com"\n}');
    expect((await create()).current().contacts).to.deep.equal(['x@localhost', 'y@example.com']);
  });

  it('locks the document and says where it comes from', async () => {
    await writeFile(file, 'hostname: a.example\n');
    const service = await create();
    expect(service.document()).to.deep.include({ locked: true, source: file, revision: 1 });
    for (const work of [service.apply({}, { by: 'x' }), service.rollback(1, 'x')]) {
      const error: unknown = await work.catch((thrown: unknown) => thrown);
      expect(error instanceof RelayError && error.code).to.equal('settings-locked');
    }
    expect(await service.history(5)).to.deep.equal([]);
  });

  it('stops the start with all faults, each with its line', async () => {
    await writeFile(
      file,
      'hostname: [1]\nlisteners:\n  - name: a\n    port: many\n  - prot: 5\nacessUrl: x\n',
    );
    const error = await refusal();
    expect(error.code).to.equal('settings-invalid');
    expect(error.faults.map(faultText)).to.deep.equal([
      'line 1, column 11: hostname is not a host name or IP address; write one such as smtp.example.com',
      'line 4, column 11: listeners[0].port is not a port number; write one from 1 to 65535',
      'line 5, column 5: listeners[1].name is missing; write text, in quotes where it looks like a number',
      'line 5, column 11: listeners[1].prot is not a known setting; did you mean port?',
      'line 6, column 11: acessUrl is not a known setting; did you mean accessUrl?',
    ]);
  });

  it('names the line of what is no YAML', async () => {
    await writeFile(file, 'hostname: a\nlisteners: [\n  - b\nhostname: c\n');
    const { faults } = await refusal();
    expect(faults.map(({ line }) => line)).to.not.include(undefined);
    expect(faults[0]?.message).to.match(/^is not YAML: /);
    await writeFile(file, 'hostname: a\nhostname: b\n');
    expect((await refusal()).faults.map(faultText)).to.deep.equal([
      'line 2, column 1: the document is not YAML: Map keys must be unique',
    ]);
  });

  it('refuses what is not there, not text, too large, or no file', async () => {
    expect((await refusal()).faults[0]?.message).to.include('is not there');
    await writeFile(file, Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
    expect((await refusal()).faults[0]?.message).to.include('is not UTF-8');
    await writeFile(file, '#'.repeat(1_048_577));
    expect((await refusal()).faults[0]?.message).to.include('is larger than 1024 KiB');
    file = '/dev/zero';
    expect((await refusal()).faults[0]?.message).to.include('is not a file');
  });

  it('never stores or shows a secret that the file holds, and uses it', async () => {
    await writeFile(file, PASSWORD_USER);
    const service = await create();
    const shown = JSON.stringify([service.document(), service.current(), storage.revisions, log.lines]);
    expect(shown).to.not.include('hunter2');
    expect(JSON.stringify(service.document().document)).to.include('"set":true');
    expect(await service.verifyPassword('scanner', 'hunter2')).to.equal(true);
    expect(await service.verifyPassword('scanner', 'hunter3')).to.equal(false);
  });

  it('keeps since when a secret is set while it does not change', async () => {
    await writeFile(file, PASSWORD_USER);
    const service = await create(60_000);
    const password = () => JSON.stringify(service.current().users[0]?.password);
    const before = password();
    await writeFile(file, `hostname: a.example\n${PASSWORD_USER}`);
    await service.reload();
    expect(service.document().revision).to.equal(2);
    expect(password()).to.equal(before);
    await writeFile(file, PASSWORD_USER.replace('hunter2', 'hunter3'));
    await service.reload();
    expect(password()).to.not.equal(before);
    expect(await service.verifyPassword('scanner', 'hunter3')).to.equal(true);
  });

  it('resolves secret files beside itself', async () => {
    await writeFile(join(directory.path, 'secret'), 'hunter2\n');
    await writeFile(file, 'users: [{ name: scanner, password: { file: secret } }]\n');
    expect(await (await create()).verifyPassword('scanner', 'hunter2')).to.equal(true);
  });

  it('refuses { set: true } and sealed secrets: a file has nothing behind it', async () => {
    await writeFile(
      file,
      'users: [{ name: a, password: { set: true } }, { name: b, password: { sealed: x } }]\n',
    );
    expect((await refusal()).faults.map(faultText)).to.deep.equal([
      'line 1, column 30: users[0].password is not stored under this name; write { value: "…" } with the secret itself',
      'line 1, column 68: users[1].password cannot be written sealed; write { value: "…" } and Postern seals it',
    ]);
  });

  it('reads again when asked, and tells who listens', async () => {
    await writeFile(file, 'hostname: a.example\n');
    const service = await create(60_000);
    const seen: (string | undefined)[] = [];
    service.onChange((settings, previous) => seen.push(previous.hostname, settings.hostname));
    await writeFile(file, 'hostname: b.example\n');
    await service.reload();
    await service.reload();
    expect(seen).to.deep.equal(['a.example', 'b.example']);
    expect(service.document().revision).to.equal(2);
  });

  it('keeps the old settings when the changed file is bad, loudly, until it is good again', async () => {
    await writeFile(file, 'hostname: a.example\n');
    const service = await create();
    await writeFile(file, 'hostname: [\n');
    await until(() => service.lastReloadFault() !== undefined, 'the fault is kept');
    expect(service.current().hostname).to.equal('a.example');
    const line = log.lines.find((text) => text.includes('the old settings stay in force'));
    expect(line).to.include('"level":50').and.include('is not YAML');
    await rm(file);
    await until(() => service.lastReloadFault()?.message.includes('a fault') === true, 'it is still told');
    await writeFile(file, 'hostname: c.example\n');
    await isNow(service, 'c.example');
    expect(service.lastReloadFault()).to.equal(undefined);
  });

  it('notices edits in place, replaced files and files that were gone for a moment', async () => {
    await writeFile(file, 'hostname: a.example\n');
    const service = await create();
    await writeFile(file, 'hostname: b.example\n');
    await isNow(service, 'b.example');
    await writeFile(`${file}.new`, 'hostname: c.example\n');
    await rename(`${file}.new`, file);
    await isNow(service, 'c.example');
    await rename(file, `${file}~`);
    await writeFile(file, 'hostname: d.example\n');
    await isNow(service, 'd.example');
  });

  it('notices a change behind links, as Kubernetes makes it', async () => {
    const version = async (name: string, hostname: string) => {
      await mkdir(join(directory.path, name));
      await writeFile(join(directory.path, name, 'settings.yaml'), `hostname: ${hostname}\n`);
      await symlink(name, join(directory.path, '..data_new'));
      await rename(join(directory.path, '..data_new'), join(directory.path, '..data'));
    };
    await version('..1', 'a.example');
    await symlink(join('..data', 'settings.yaml'), file);
    const service = await create();
    expect(service.current().hostname).to.equal('a.example');
    await version('..2', 'b.example');
    await rm(join(directory.path, '..1'), { recursive: true });
    await isNow(service, 'b.example');
  });

  it('notices a change made while it was reading for the first time', async () => {
    await writeFile(file, 'hostname: a.example\n');
    const creating = create();
    await writeFile(file, 'hostname: b.example\n');
    await isNow(await creating, 'b.example');
  });

  it('stops looking when it is closed', async () => {
    await writeFile(file, 'hostname: a.example\n');
    const closed = await create();
    await closed.close();
    const other = await create();
    await writeFile(file, 'hostname: b.example\n');
    await isNow(other, 'b.example');
    expect(closed.current().hostname).to.equal('a.example');
  });

  it('warns in the log', async () => {
    await writeFile(
      file,
      'upstreams: [{ name: a, kind: smtp, host: h, security: none, authentication: { type: password, user: u, password: { env: X } } }]\n',
    );
    const service = await create();
    expect(service.document().warnings).to.have.length(1);
    expect(log.lines.join()).to.include('sends the password in clear');
  });
});
