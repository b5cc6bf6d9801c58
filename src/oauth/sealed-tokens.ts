import type { Sealer } from '../settings/sealer.ts';
import type { Secret } from '../shared/secret.ts';
import type { StoredAuthorization } from './storage.ts';

type Row = Pick<StoredAuthorization, 'upstream' | 'subject' | 'key'>;
type Field = 'refreshToken' | 'accessToken';

/**
 * Seals a token for its place alone: the row of this upstream, subject and settings. Whoever can write to the store, but has no master
 * key, cannot put one upstream's token into another one's row, from where it would be shown to another server.
 */
export function sealToken(sealer: Sealer, row: Row, field: Field, token: Secret): string {
  return sealer.seal('token', token, placeOf(row, field));
}

/** The token of a row. Throws RelayError `secret-unavailable` where there is none, or where it does not open here. */
export function openToken(sealer: Sealer, row: Row & Pick<StoredAuthorization, Field>, field: Field): Secret {
  return sealer.open('token', row[field] ?? '', placeOf(row, field));
}

function placeOf({ upstream, subject, key }: Row, field: Field): string {
  return JSON.stringify([field, upstream, subject, key]);
}
