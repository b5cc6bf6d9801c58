import type { SettingsRevision, SettingsStorage } from '../../src/settings/storage.ts';
import { RelayError } from '../../src/shared/errors.ts';

/** Revisions in memory; several services over one of them are several nodes over one database. */
export class MemorySettingsStorage implements SettingsStorage {
  readonly revisions: SettingsRevision[] = [];
  readonly #callbacks = new Set<(revision: number) => void>();

  latest(): Promise<SettingsRevision | undefined> {
    return Promise.resolve(this.revisions.at(-1));
  }

  find(revision: number): Promise<SettingsRevision | undefined> {
    return Promise.resolve(this.revisions.find((stored) => stored.revision === revision));
  }

  history(limit: number, before = Number.POSITIVE_INFINITY): Promise<readonly SettingsRevision[]> {
    const older = this.revisions.filter(({ revision }) => revision < before);
    return Promise.resolve(older.toReversed().slice(0, limit));
  }

  append(after: number, change: Omit<SettingsRevision, 'revision'>): Promise<SettingsRevision> {
    if (after !== this.revisions.length) {
      return Promise.reject(new RelayError('settings-conflict', 'the settings were changed meanwhile'));
    }
    const stored = { ...change, revision: after + 1 };
    this.revisions.push(stored);
    for (const callback of this.#callbacks) callback(stored.revision);
    return Promise.resolve(stored);
  }

  onAppend(callback: (revision: number) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }
}
