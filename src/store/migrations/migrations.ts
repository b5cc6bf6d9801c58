import type { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import type { Schema } from '../schema.ts';
import { createAdminTables } from './admin-tables.ts';
import { createAuthorizations } from './authorizations.ts';
import { createFirstTables } from './first-tables.ts';

/** One step forward. A migration that was released is never edited; the next change is a new one at the end. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  up(db: Kysely<Schema>, engine: Engine): Promise<void>;
}

export const migrations: readonly Migration[] = [
  { version: 1, name: 'first tables', up: createFirstTables },
  { version: 2, name: 'authorizations', up: createAuthorizations },
  { version: 3, name: 'users, audit trail, traffic and devices', up: createAdminTables },
];
