import { RelayError } from '../shared/errors.ts';
import { confinementFaults } from './confinement.ts';
import { createCurrentSettings } from './current-settings.ts';
import { draftSettings } from './draft-settings.ts';
import { faultText } from './faults.ts';
import type { Json } from './json.ts';
import type { Settings } from './schema.ts';
import { mergeStored, sealInMemory, showDocument } from './secret-forms.ts';
import { createSerial } from './serial.ts';
import { invalidSettings, type ReadSettings, readSettingsFile } from './settings-file.ts';
import type { DocumentKeeper, ReloadFault, SettingsDeps } from './settings-service.ts';
import { toJson } from './to-json.ts';
import { validateDocument } from './validate.ts';
import { fileSignature, watchFile } from './watch-file.ts';

/** Settings from a file: the file is the operator's, so they are changed only there, and a bad one changes nothing. */
export async function createFileSettings(
  deps: SettingsDeps & { readonly file: string },
): Promise<DocumentKeeper> {
  const { file, log, clock } = deps;
  const serial = createSerial();
  const seen = await fileSignature(file);
  const first = await readSettingsFile(file);
  if (first.settings === undefined) throw invalidSettings(file, first.faults);

  let taken = take(first, {});
  let revision = 1;
  let warnings = first.warnings;
  let fault: ReloadFault | undefined;
  const current = createCurrentSettings(taken.settings, log);
  warn();

  /** Seals what was read; from here on nothing in clear is kept. */
  function take(read: ReadSettings, former: Json): { readonly document: Json; readonly settings: Settings } {
    const document = sealInMemory(read.document, former, deps);
    const { settings, faults } = validateDocument(document);
    if (settings === undefined) throw invalidSettings(file, faults);
    return { document, settings };
  }

  /** Any document beside the one in force. Who may ask for that may still not have other files read or commands run. */
  function check(input: unknown) {
    const json = toJson(input);
    const { document, faults: unkept } = mergeStored(json.value, taken.document);
    const confined = confinementFaults(json.value, taken.document, { file });
    const { faults, warnings: found } = validateDocument(document);
    return { document, faults: [...json.faults, ...unkept, ...confined, ...faults], warnings: found };
  }

  function warn(): void {
    for (const warning of warnings) log.warn({ setting: warning.path }, faultText(warning));
  }

  async function reload(): Promise<void> {
    const read = await readSettingsFile(file);
    if (read.settings === undefined) {
      const { message } = invalidSettings(file, read.faults);
      fault = { at: clock.now(), message, faults: read.faults };
      log.error(
        { file, faults: read.faults.map(faultText) },
        'The changed settings file has faults; the old settings stay in force',
      );
      return;
    }
    fault = undefined;
    const next = take(read, taken.document);
    if (JSON.stringify(next.document) === JSON.stringify(taken.document)) return;
    taken = next;
    revision += 1;
    warnings = read.warnings;
    current.swap(next.settings);
    log.info({ file, revision }, 'The changed settings file is in force');
    warn();
  }

  const stopWatching = watchFile(file, {
    seen,
    clock,
    changed: () => void serial(reload),
    ...(deps.lookEvery === undefined ? {} : { every: deps.lookEvery }),
  });
  const locked = () =>
    Promise.reject(
      new RelayError('settings-locked', `the settings come from the file ${file}`, {
        hint: 'change them there; the change is taken over by itself',
      }),
    );

  return {
    current: current.get,
    onChange: current.onChange,
    document: () => ({
      document: showDocument(taken.document),
      revision,
      locked: true,
      source: file,
      warnings,
    }),
    validate(input) {
      const { faults, warnings: found } = check(input);
      return { faults, warnings: found };
    },
    draft(input) {
      const { document, faults } = check(input);
      return draftSettings(document, faults, taken.document, deps);
    },
    apply: locked,
    rollback: locked,
    history: () => Promise.resolve([]),
    revision: () => Promise.reject(new RelayError('not-found', `${file} keeps no older revisions`)),
    reload: () => serial(reload),
    lastReloadFault: () => fault,
    async close() {
      stopWatching();
      await serial(() => Promise.resolve());
    },
  };
}
