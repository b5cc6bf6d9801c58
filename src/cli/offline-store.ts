import { parseServeOptions } from '../config/options.ts';
import { RelayError } from '../shared/errors.ts';
import type { Typed } from './command.ts';
import { dataDirectory } from './node-flags.ts';

/** The SQLite file of a node that is not running, as `serve` would find it. Throws RelayError for PostgreSQL. */
export function sqliteFile(typed: Typed): { readonly file: string; readonly dataDirectory: string } {
  const { database, dataDirectory: directory } = parseServeOptions(['--data', dataDirectory(typed)], {
    environment: { POSTERN_DATABASE: typed.text('database') ?? typed.terminal.env['POSTERN_DATABASE'] },
    workingDirectory: process.cwd(),
    terminal: false,
  });
  if (database.engine === 'sqlite') return { file: database.file, dataDirectory: directory };
  throw new RelayError('not-allowed', 'The store is in PostgreSQL, which has its own tools.', {
    hint: 'Use pg_dump and pg_restore.',
  });
}
