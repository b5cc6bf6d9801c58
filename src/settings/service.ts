import path from 'node:path';
import { createFileSettings } from './file-settings.ts';
import { createSecretReader } from './secret-reader.ts';
import { createSecretVerifier } from './secret-verifier.ts';
import type { SettingsDeps, SettingsService } from './settings-service.ts';
import { createStoredSettings } from './stored-settings.ts';

/** Reads the settings for the first time. Throws RelayError `settings-invalid` with all faults. */
export async function createSettings(deps: SettingsDeps): Promise<SettingsService> {
  const { sealer, file, clock, dataDirectory, environment } = deps;
  const keeper =
    file === undefined ? await createStoredSettings(deps) : await createFileSettings({ ...deps, file });
  const reveal = createSecretReader({
    sealer,
    directory: file === undefined ? dataDirectory : path.dirname(file),
    ...(environment === undefined ? {} : { environment }),
  });
  const verifySecret = createSecretVerifier({ read: reveal, clock });
  return {
    ...keeper,
    reveal,
    verifySecret,
    verifyPassword: (user, attempt) =>
      verifySecret(keeper.current().users.find(({ name }) => name === user)?.password, attempt),
  };
}
