import type { Fault } from '../shared/errors.ts';
import type { Json } from './json.ts';
import type { Settings } from './schema.ts';
import { type Keeper, sealInMemory } from './secret-forms.ts';
import { invalidSettings } from './settings-file.ts';
import { validateDocument } from './validate.ts';

/**
 * Settings to try out: a checked document in which what is kept is merged already. Typed secrets are sealed, so that nothing in clear goes
 * about in memory, and nothing is written anywhere. Throws RelayError `settings-invalid` with all faults.
 */
export function draftSettings(
  document: Json,
  faults: readonly Fault[],
  inForce: Json,
  keeper: Keeper,
): Settings {
  if (faults.length > 0) throw invalidSettings('the settings', faults);
  const { settings, faults: others } = validateDocument(sealInMemory(document, inForce, keeper));
  if (settings === undefined) throw invalidSettings('the settings', others);
  return settings;
}
