import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Settings } from '../../src/settings/schema.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { createSettings } from '../../src/settings/service.ts';
import type { SettingsService } from '../../src/settings/settings-service.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { MemorySettingsStorage } from '../support/memory-settings-storage.ts';
import { recordLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const document = (password: object, host = 'smtp.example.com') => ({
  upstreams: [
    { name: 'office', kind: 'smtp', host, authentication: { type: 'password', user: 'u', password } },
  ],
});

async function passwordOf(service: SettingsService, settings: Settings): Promise<string> {
  const [upstream] = settings.upstreams;
  if (upstream?.kind !== 'smtp' || upstream.authentication.type !== 'password')
    throw new Error('no password');
  return (await service.reveal(upstream.authentication.password)).reveal();
}

for (const where of ['the store', 'a file'] as const) {
  describe(`settings that are tried and not saved, beside those in ${where}`, () => {
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let storage: MemorySettingsStorage;
    let service: SettingsService;
    let log: ReturnType<typeof recordLog>;
    beforeEach(async () => {
      directory = await temporaryDirectory();
      storage = new MemorySettingsStorage();
      log = recordLog();
      const file = join(directory.path, 'settings.json');
      await writeFile(file, JSON.stringify(document({ value: 'the-kept-password' })));
      service = await createSettings({
        storage,
        sealer: createSealer(Buffer.alloc(32, 1)),
        log: log.log,
        clock: systemClock,
        dataDirectory: directory.path,
        ...(where === 'a file' ? { file } : {}),
      });
      if (where === 'the store')
        await service.apply(document({ value: 'the-kept-password' }), { by: 'test' });
    });
    afterEach(async () => {
      await service.close();
      await directory.remove();
    });

    it('have the secret that is kept, and change nothing', async () => {
      const before = JSON.stringify([service.document(), storage.revisions]);
      const { upstreams } = document({ set: true });
      const drafted = service.draft({ upstreams: upstreams.map((each) => ({ ...each, port: 2587 })) });
      expect(drafted.upstreams[0]).to.deep.include({ host: 'smtp.example.com', port: 2587 });
      expect(await passwordOf(service, drafted)).to.equal('the-kept-password');
      expect(JSON.stringify([service.document(), storage.revisions])).to.equal(before);
      expect(service.current().upstreams[0]).to.deep.include({ port: 587 });
    });

    it('do not send the secret that is kept to another host', () => {
      expect(() => service.draft(document({ set: true }, 'other.example.com')))
        .to.throw(RelayError)
        .with.property('code', 'settings-invalid');
    });

    it('read no other file and run no other command where the settings are locked', () => {
      for (const source of [{ command: ['/bin/echo', 'x'] }, { file: '/etc/passwd' }, { env: 'HOME' }]) {
        const draft = () => service.draft(document(source, 'other.example.com'));
        if (where === 'the store') expect(draft).not.to.throw();
        else expect(draft).to.throw(RelayError).with.property('code', 'settings-invalid');
      }
    });

    it('have a typed secret, which is nowhere in clear', async () => {
      const drafted = service.draft(document({ value: 'planted-typed-password' }));
      expect(await passwordOf(service, drafted)).to.equal('planted-typed-password');
      const written = JSON.stringify([drafted, service.document(), storage.revisions, log]);
      expect(written).not.to.contain('planted-typed-password');
    });

    it('are refused with every fault, and with a secret that is not kept', () => {
      for (const input of [
        { upstreams: [{ name: 'office', kind: 'smtp' }] },
        { upstreams: [{ ...document({ set: true }).upstreams[0], name: 'new' }] },
      ]) {
        expect(() => service.draft(input))
          .to.throw(RelayError)
          .with.property('code', 'settings-invalid');
      }
    });
  });
}
