import path from 'node:path';
import { createFileSettings } from './file-settings.ts';
import { createSecretReader } from './secret-reader.ts';
import { createSecretVerifier } from './secret-verifier.ts';
import type { SettingsDeps, SettingsService } from './settings-service.ts';
import { createStoredSettings } from './stored-settings.ts';
import { createVaultReader } from './vault.ts';

/** Reads the settings for the first time. Throws RelayError `settings-invalid` with all faults. */
export async function createSettings(deps: SettingsDeps): Promise<SettingsService> {
  const { sealer, file, clock, log, http, dataDirectory, environment } = deps;
  const keeper =
    file === undefined ? await createStoredSettings(deps) : await createFileSettings({ ...deps, file });
  const sources = {
    sealer,
    directory: file === undefined ? dataDirectory : path.dirname(file),
    ...(environment === undefined ? {} : { environment }),
  };
  const vault = createVaultReader({
    settings: () => keeper.current().vault,
    reveal: createSecretReader(sources), // what opens Vault is not in Vault
    http: () => http?.(),
    clock,
    onStale: (place, { publicMessage }) =>
      log.warn({ place, reason: publicMessage }, `A secret read earlier is still used: ${publicMessage}.`),
  });
  const reveal = createSecretReader({ ...sources, vault });
  const verifySecret = createSecretVerifier({ read: reveal, clock });
  return {
    ...keeper,
    reveal,
    verifySecret,
    verifyPassword: (user, attempt) =>
      verifySecret(keeper.current().users.find(({ name }) => name === user)?.password, attempt),
  };
}
