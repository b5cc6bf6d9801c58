import { readFile } from 'node:fs/promises';
import type { Json } from '../settings/json.ts';
import { parseDocument } from '../settings/parse-document.ts';
import { RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';

type Locate = ReturnType<typeof parseDocument>['locate'];

/** A settings file of the one who types, YAML or JSON, as it goes to the node. */
export interface TypedDocument {
  readonly value: Json;
  /** Gives a fault that the node found by path its line in the file. */
  readonly locate: Locate;
  /** The same for all faults of an error. */
  located(error: unknown): unknown;
}

/** Throws RelayError `not-found`, or `settings-invalid` with every fault; `consequence` ends its sentence. */
export async function readTypedDocument(file: string, consequence: string): Promise<TypedDocument> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new RelayError('not-found', `${file} ${fileTrouble(error)}.`, { cause: error });
  });
  const { value, faults, locate } = parseDocument(text);
  if (faults.length > 0) {
    throw new RelayError('settings-invalid', `${file} has faults; ${consequence}.`, {
      faults: faults.map(locate),
    });
  }
  return {
    value,
    locate,
    located(error) {
      if (!(error instanceof RelayError) || error.faults.length === 0) return error;
      const { code, publicMessage, hint } = error;
      return new RelayError(code, publicMessage, {
        faults: error.faults.map(locate),
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    },
  };
}
