import { errorText, type Fault, RelayError } from '../shared/errors.ts';
import { confinementFaults, movesProxy } from './confinement.ts';
import { createCurrentSettings } from './current-settings.ts';
import { describeChange } from './describe-change.ts';
import { draftSettings } from './draft-settings.ts';
import { faultText } from './faults.ts';
import type { Json } from './json.ts';
import type { Settings } from './schema.ts';
import { sealedKeyId } from './sealer.ts';
import { keepSecrets, mergeStored, showDocument } from './secret-forms.ts';
import { secretsIn } from './secret-places.ts';
import { createSerial } from './serial.ts';
import { invalidSettings } from './settings-file.ts';
import type {
  Applied,
  Author,
  Change,
  DocumentKeeper,
  ReloadFault,
  SettingsDeps,
} from './settings-service.ts';
import type { SettingsRevision } from './storage.ts';
import { toJson } from './to-json.ts';
import { validateDocument } from './validate.ts';

/** What is to be stored, with what is to be said about it as it was typed: a value that is sealed cannot be looked at any more. */
interface Entered {
  readonly document: Json;
  readonly warnings?: readonly Fault[];
}

/** One revision, understood. */
interface State {
  readonly revision: number;
  readonly document: Json;
  readonly settings: Settings;
  readonly warnings: readonly Fault[];
}

/** How often a change without `ifRevision` is made anew because another node was quicker. */
const ATTEMPTS = 5;

/** Settings in the store: changed by the admin and the command line, each change a revision, shared by all nodes. */
export async function createStoredSettings(deps: SettingsDeps): Promise<DocumentKeeper> {
  const { storage, log, clock } = deps;
  const serial = createSerial();
  let state = understand(await firstRevision(deps));
  let fault: ReloadFault | undefined;
  const current = createCurrentSettings(state.settings, log);
  reportForeignSecrets(state.document, deps);

  function putInForce(next: State): void {
    // Word of a revision and the answer to an own change can overtake each other.
    if (next.revision <= state.revision) return;
    state = next;
    fault = undefined;
    current.swap(next.settings);
  }

  async function reload(): Promise<void> {
    try {
      const latest = await storage.latest();
      if (latest !== undefined && latest.revision > state.revision) {
        putInForce(understand(latest));
        log.info({ revision: latest.revision, by: latest.by }, 'Changed settings are in force');
      }
    } catch (error) {
      const faults = error instanceof RelayError ? error.faults : [];
      fault = { at: clock.now(), message: errorText(error), faults };
      log.error(
        { err: error, faults: faults.map(faultText) },
        'Changed settings cannot be used; the old ones stay in force',
      );
    }
  }

  /** The document as it would be stored, but for secrets that are still to be sealed. */
  function check(
    input: unknown,
    { confined = false }: Author = {},
  ): {
    readonly document: Json;
    faults: readonly Fault[];
    warnings: readonly Fault[];
  } {
    const json = toJson(input);
    const merged = mergeStored(json.value, state.document);
    const outside = confined ? confinementFaults(json.value, state.document) : [];
    const { faults, warnings } = validateDocument(merged.document);
    const all = [...json.faults, ...merged.faults, ...outside, ...faults];
    return { document: merged.document, faults: all, warnings };
  }

  async function store({ document, warnings }: Entered, details: Change): Promise<Applied> {
    const { by, summary, confined = false } = details;
    if (confined && movesProxy(document, state.document)) await deps.forgetConsents?.();
    const append = { document: JSON.stringify(document), at: clock.now(), by };
    const words = oneLine(summary ?? describeChange(state.document, document));
    const next = understand(await storage.append(state.revision, { ...append, summary: words }));
    putInForce(next);
    log.info({ revision: next.revision, by, summary: words }, 'Changed settings are in force');
    return { revision: next.revision, warnings: warnings ?? next.warnings };
  }

  /** Makes a change on the newest revision: again on a newer one, unless the caller named the one that he had seen. */
  async function change(make: () => Promise<Entered>, details: Change): Promise<Applied> {
    for (let attempt = 1; ; attempt += 1) {
      if (details.ifRevision !== undefined && details.ifRevision !== state.revision)
        throw conflict(state.revision);
      try {
        return await store(await make(), details);
      } catch (error) {
        if (!(error instanceof RelayError) || error.code !== 'settings-conflict') throw error;
        await reload();
        if (attempt >= ATTEMPTS) throw error;
      }
    }
  }

  const stopListening = storage.onAppend((revision) => {
    if (revision > state.revision) void serial(reload);
  });

  return {
    current: current.get,
    onChange: current.onChange,
    document: () => ({
      document: showDocument(state.document),
      revision: state.revision,
      locked: false,
      source: 'store',
      warnings: state.warnings,
    }),
    validate(input, author) {
      const { faults, warnings } = check(input, author);
      return { faults, warnings };
    },
    draft(input, author) {
      const { document, faults } = check(input, author);
      return draftSettings(document, faults, state.document, deps);
    },
    apply: (input, details) =>
      serial(() =>
        change(async () => {
          const { document, faults, warnings } = check(input, details);
          if (faults.length > 0) throw invalidSettings('the settings', faults);
          return { document: await keepSecrets(document, deps), warnings };
        }, details),
      ),
    async history(limit, before) {
      const revisions = await storage.history(limit, before);
      return revisions.map(({ revision, at, by, summary }) => ({ revision, at, by, summary }));
    },
    revision: async (revision) => showDocument(parse(await find(deps, revision))),
    rollback: (revision, by, { confined = false } = {}) =>
      serial(async () => {
        const { document } = understand(await find(deps, revision));
        const details = { by, confined, summary: `rolled back to revision ${revision}` };
        return change(async () => {
          // Asked again with each newer document in force.
          const faults = confined ? confinementFaults(document, state.document) : [];
          if (faults.length > 0) throw invalidSettings(`revision ${revision} of the settings`, faults);
          return { document };
        }, details);
      }),
    reload: () => serial(reload),
    lastReloadFault: () => fault,
    async close() {
      stopListening();
      await serial(() => Promise.resolve());
    },
  };
}

/** The newest revision; on the first start an empty document, so that the history begins where the store does. */
async function firstRevision({ storage, clock }: SettingsDeps): Promise<SettingsRevision> {
  const latest = await storage.latest();
  if (latest !== undefined) return latest;
  const first = { document: '{}', at: clock.now(), by: 'first start', summary: 'defaults' };
  try {
    return await storage.append(0, first);
  } catch (error) {
    // Another node started at the same moment.
    const theirs = await storage.latest();
    if (theirs === undefined) throw error;
    return theirs;
  }
}

async function find({ storage }: SettingsDeps, revision: number): Promise<SettingsRevision> {
  const found = await storage.find(revision);
  if (found === undefined)
    throw new RelayError('not-found', `there is no revision ${revision} of the settings`);
  return found;
}

function parse({ document, revision }: SettingsRevision): Json {
  try {
    const parsed: unknown = JSON.parse(document);
    return toJson(parsed).value;
  } catch (cause) {
    throw new RelayError('settings-invalid', `revision ${revision} of the settings is damaged`, { cause });
  }
}

function understand(stored: SettingsRevision): State {
  const document = parse(stored);
  const { settings, faults, warnings } = validateDocument(document);
  if (settings === undefined) throw invalidSettings(`revision ${stored.revision} of the settings`, faults);
  return { revision: stored.revision, document, settings, warnings };
}

/** A lost or exchanged master key is told at the start, not when the first message waits. */
function reportForeignSecrets(document: Json, { sealer, log }: SettingsDeps): void {
  const foreign = secretsIn(document).filter(({ source }) => {
    const sealed =
      typeof source === 'object' && source !== null && 'sealed' in source ? source.sealed : undefined;
    return typeof sealed === 'string' && sealedKeyId(sealed) !== sealer.keyId;
  });
  if (foreign.length === 0) return;
  log.error(
    { secrets: foreign.map(({ key }) => key), keyId: sealer.keyId },
    'Stored secrets were sealed with another master key; restore that key or enter them again',
  );
}

function conflict(revision: number): RelayError {
  return new RelayError(
    'settings-conflict',
    `the settings were changed meanwhile; revision ${revision} is in force`,
    {
      hint: 'read them again and repeat the change',
    },
  );
}

function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
