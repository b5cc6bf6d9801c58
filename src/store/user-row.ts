import type { Insertable, Selectable } from 'kysely';
import type { StoredUser, UserChange } from '../access/storage.ts';
import { nameKey } from './name-key.ts';
import { plainText } from './plain-text.ts';
import type { UserTable } from './schema.ts';

/** `undefined` is kept as nothing. */
export function userRow(
  user: Omit<StoredUser, 'email' | 'totp' | 'totpStep'> & Pick<UserChange, 'email' | 'totp' | 'totpStep'>,
): Insertable<UserTable> {
  return {
    id: user.id,
    name: plainText(user.name),
    name_key: nameKey(user.name),
    email: user.email === undefined ? null : plainText(user.email),
    role: user.role,
    password_hash: user.passwordHash,
    totp: user.totp ?? null,
    totp_step: user.totpStep ?? null,
    disabled: user.disabled ? 1 : 0,
    must_change_password: user.mustChangePassword ? 1 : 0,
    created_at: user.createdAt,
    created_by: plainText(user.createdBy),
    last_sign_in_at: user.lastSignInAt ?? null,
  };
}

/** A role that this version does not know gets the least. */
export function userOf(row: Selectable<UserTable>): StoredUser {
  const { role } = row;
  return {
    id: row.id,
    name: row.name,
    ...(row.email === null ? {} : { email: row.email }),
    role: role === 'administrator' || role === 'operator' ? role : 'viewer',
    passwordHash: row.password_hash,
    ...(row.totp === null ? {} : { totp: row.totp }),
    ...(row.totp_step === null ? {} : { totpStep: row.totp_step }),
    disabled: row.disabled !== 0,
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.last_sign_in_at === null ? {} : { lastSignInAt: row.last_sign_in_at }),
    mustChangePassword: row.must_change_password !== 0,
  };
}
