import { constants, open } from 'node:fs/promises';
import { errorCode, type Fault, RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import { faultAt } from './faults.ts';
import type { Json } from './json.ts';
import { MAX_DOCUMENT_SIZE, parseDocument } from './parse-document.ts';
import { mergeStored } from './secret-forms.ts';
import type { Validation } from './validate.ts';
import { validateDocument } from './validate.ts';

export interface ReadSettings extends Validation {
  /** As typed, secrets in clear: to be sealed at once. */
  readonly document: Json;
}

/** Reads and checks a settings file; all that is wrong is in the faults, with line and column. Never throws. */
export async function readSettingsFile(file: string): Promise<ReadSettings> {
  const read = await readText(file);
  if ('fault' in read) return { document: null, faults: [read.fault], warnings: [] };
  return checkSettingsText(read.text);
}

/** The same for a text that is already at hand. */
export function checkSettingsText(text: string): ReadSettings {
  const { value, faults, locate } = parseDocument(text);
  if (faults.length > 0) return { document: null, faults: faults.map(locate), warnings: [] };
  // A file has nothing stored to keep: { set: true } has to be told apart from a secret.
  const merged = mergeStored(value, {});
  const { settings, faults: wrong, warnings } = validateDocument(merged.document);
  const all = [...merged.faults, ...wrong].map(locate);
  const located = { document: merged.document, faults: all, warnings: warnings.map(locate) };
  return settings === undefined || all.length > 0 ? located : { ...located, settings };
}

async function readText(file: string): Promise<{ readonly text: string } | { readonly fault: Fault }> {
  try {
    // Not to wait for ever where the path is a pipe.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) return refuse(`${file} is not a file; name a YAML or JSON file`);
      const bytes = await readBounded(handle);
      if (bytes.length > MAX_DOCUMENT_SIZE) {
        return refuse(`${file} is larger than ${MAX_DOCUMENT_SIZE / 1024} KiB; name the settings file`);
      }
      return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof TypeError) return refuse(`${file} is not UTF-8 text; save it as UTF-8`);
    return refuse(
      errorCode(error) === 'ENOENT'
        ? `${file} is not there; write it, or name another file`
        : `${file} ${fileTrouble(error)}; let Postern’s user read it`,
    );
  }
}

function refuse(message: string): { readonly fault: Fault } {
  return { fault: faultAt([], message) };
}

async function readBounded(handle: Awaited<ReturnType<typeof open>>): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_DOCUMENT_SIZE + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** The error for a file, or a stored document, that cannot be used. */
export function invalidSettings(where: string, faults: readonly Fault[]): RelayError {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return new RelayError('settings-invalid', `${where}: ${count}`, { faults });
}
