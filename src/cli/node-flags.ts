/** The flags by which a command finds the running node, and the environment that stands in for them. */
import { join } from 'node:path';
import type { Pins } from './admin-connection.ts';
import type { Flags, Typed } from './command.ts';

export const nodeFlags: Flags = {
  admin: { value: 'ADDRESS:PORT', help: 'Admin address of the node (POSTERN_ADMIN; 127.0.0.1:8025)' },
  data: { value: 'DIR', help: 'Data directory of the node (POSTERN_DATA; ./data)' },
  'admin-certificate': {
    value: 'NAME',
    help: 'Server certificate with which the node speaks https (POSTERN_ADMIN_CERTIFICATE; any of DIR)',
  },
  'admin-token-file': {
    value: 'FILE',
    help: 'File with the token (POSTERN_ADMIN_TOKEN_FILE; admin.token in DIR)',
  },
};

export const jsonFlag: Flags = { json: { help: 'Print JSON' } };

/** The data directory that the command is about. */
export function dataDirectory({ text, terminal }: Typed): string {
  return text('data') ?? nonEmpty(terminal.env['POSTERN_DATA']) ?? 'data';
}

/** Where the admin interface of the node is: the flag, else the environment, else the default of `postern serve`. */
export function adminAddress({ text, terminal }: Typed): string {
  return text('admin') ?? nonEmpty(terminal.env['POSTERN_ADMIN']) ?? '127.0.0.1:8025';
}

/** The certificates by which the node is known: those in its data directory, or the one that it was told to show. */
export function adminPins(typed: Typed): Pins {
  return {
    directory: join(dataDirectory(typed), 'certificates'),
    name: typed.text('admin-certificate') ?? nonEmpty(typed.terminal.env['POSTERN_ADMIN_CERTIFICATE']),
  };
}

/** Path of the file with the admin token; the node makes it in its data directory unless it was told otherwise. */
export function tokenFile(typed: Typed): string {
  return (
    typed.text('admin-token-file') ??
    nonEmpty(typed.terminal.env['POSTERN_ADMIN_TOKEN_FILE']) ??
    join(dataDirectory(typed), 'admin.token')
  );
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
