import { accessSync, constants } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { errorText, RelayError } from '../../shared/errors.ts';
import { ownCommand } from '../../shared/own-commands.ts';
import { refuseNewer } from '../migrate.ts';

/**
 * Looks at a copy of a store before it is restored: that it is whole, that it is ours, and that this code can read it.
 * Returns its schema version. Throws `bad-request` for a file that is damaged or no store, `store-newer` for one that a
 * newer Postern has written. `name` is what errors call it. Reads the whole file, and blocks while it does: for the command line.
 */
export function verifySqliteFile(path: string, name = path): { readonly version: number } {
  const version = inspect(path, name);
  refuseNewer(version);
  return { version };
}

function inspect(path: string, name: string): number {
  let database: DatabaseSync | undefined;
  try {
    accessSync(path, constants.R_OK);
    database = new DatabaseSync(path, { readOnly: true });
    const check = database.prepare('pragma integrity_check(1)').get()?.['integrity_check'];
    if (check !== 'ok') throw new Error(String(check));
    const version = database.prepare('select max(version) as version from schema_versions').get()?.[
      'version'
    ];
    if (typeof version !== 'number') throw new Error('it holds no schema version');
    return version;
  } catch (error) {
    throw new RelayError(
      'bad-request',
      `The file ${name} is not a whole Postern store: ${errorText(error)}.`,
      {
        cause: error,
        hint: `Name a file that "${ownCommand('backup FILE')}" has made.`,
      },
    );
  } finally {
    database?.close();
  }
}
