/** What oauth/ keeps, in memory; several sets of rooms over one of these are several nodes. */
import type { AuthorizationStorage, PendingSignIn, StoredAuthorization } from '../../src/oauth/storage.ts';

export interface MemoryAuthorizations extends AuthorizationStorage {
  readonly rows: Map<string, StoredAuthorization>;
  readonly pending: Map<string, PendingSignIn>;
  /** Everything that would be on disk, as one text. */
  text(): string;
}

const keyOf = (upstream: string, subject: string) => `${upstream}\0${subject}`;

export function memoryAuthorizations(): MemoryAuthorizations {
  const rows = new Map<string, StoredAuthorization>();
  const pending = new Map<string, PendingSignIn>();
  const locks = new Map<string, string>();
  const callbacks = new Set<(upstream: string) => void>();
  const tell = (upstream: string) => {
    for (const callback of callbacks) callback(upstream);
  };

  return {
    rows,
    pending,
    text: () => JSON.stringify([...rows.values(), ...pending.values()]),
    find: async (upstream, subject) => rows.get(keyOf(upstream, subject)),
    list: async () => [...rows.values()],
    async save(authorization, after) {
      const key = keyOf(authorization.upstream, authorization.subject);
      if ((rows.get(key)?.version ?? 0) !== after) return false;
      rows.set(key, { ...authorization, version: after + 1 });
      tell(authorization.upstream);
      return true;
    },
    async remove(upstream) {
      for (const [key, row] of rows) if (row.upstream === upstream) rows.delete(key);
      tell(upstream);
    },
    async lock(upstream, subject, holder) {
      const key = keyOf(upstream, subject);
      if ((locks.get(key) ?? holder) !== holder) return false;
      locks.set(key, holder);
      return true;
    },
    async unlock(upstream, subject) {
      locks.delete(keyOf(upstream, subject));
    },
    async addPending(row) {
      pending.set(row.id, row);
    },
    findPending: async (id) => pending.get(id),
    async takePending(stateHash, now) {
      const row = [...pending.values()].find(
        (one) => one.stateHash === stateHash && one.state === 'pending' && one.expiresAt > now,
      );
      if (row === undefined) return undefined;
      const taken = { ...row, state: 'redeeming' as const };
      pending.set(row.id, taken);
      return taken;
    },
    async endPending(id, state, result, remedy) {
      const row = pending.get(id);
      if (row === undefined || row.state === 'authorized' || row.state === 'failed') return;
      pending.set(id, { ...row, state, result, ...(remedy === undefined ? {} : { remedy }) });
    },
    async removeExpiredPending(now) {
      for (const [id, row] of pending) if (row.expiresAt <= now) pending.delete(id);
    },
    onChange(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}
