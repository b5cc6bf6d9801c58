/** Unsaved changes: kept over a visit to another page or a reload, without secrets; the browser asks before they are left behind. */
import { useState } from 'preact/hooks';
import { isObject, type Json, type JsonObject, same } from '../../json.ts';
import { useAskBeforeLeaving } from '../../use-ask-before-leaving.ts';
import { valueAt, withAt, withoutSecrets } from './json.ts';

export interface Draft {
  readonly value: JsonObject;
  readonly change: (next: JsonObject) => void;
  /** Something differs from what is saved. */
  readonly dirty: boolean;
  /** The revision that was changed, where somebody else has changed the same thing since. */
  readonly conflict: number | undefined;
  /** The other change was seen; ours shall stand. */
  readonly keepMine: () => void;
  /** Back to what is saved. */
  readonly discard: () => void;
  /** `sent` is in force now: nothing is left but what was typed since. */
  readonly settle: (sent: JsonObject) => void;
}

interface Typed {
  readonly value: JsonObject;
  /** What was in force when it was begun. */
  readonly base: JsonObject;
  readonly revision: number;
}

/** `saved` is what is in force, or what a new one begins with; an untouched draft follows it. */
export function useDraft(key: string, saved: JsonObject, revision: number, isNew = false): Draft {
  const [typed, setTyped] = useState<Typed | undefined>(() => kept(key, saved));
  const dirty = typed !== undefined && (isNew || !same(typed.value, saved));
  useAskBeforeLeaving(dirty);
  const set = (next: Typed) => {
    setTyped(next);
    inMemory.set(key, next);
    keep(key, next);
  };
  const discard = () => {
    inMemory.delete(key);
    sessionStorage.removeItem(storageKey(key));
    setTyped(undefined);
  };
  return {
    value: typed?.value ?? saved,
    dirty,
    conflict: dirty && !isNew && !same(typed.base, saved) ? typed.revision : undefined,
    keepMine: () => {
      if (typed !== undefined) set({ value: typed.value, base: saved, revision });
    },
    discard,
    settle: (sent) => {
      if (typed === undefined || same(typed.value, sent)) discard();
      else set({ value: typed.value, base: saved, revision });
    },
    change: (value) => set({ base: saved, revision, ...(dirty ? typed : {}), value }),
  };
}

/** With typed secrets: for as long as this page is not loaded anew. */
const inMemory = new Map<string, Typed>();

/** Names of upstreams with unsaved changes are their keys here. */
function storageKey(key: string): string {
  return `postern.draft.${key}`;
}

function keep(key: string, { value, base, revision }: Typed): void {
  try {
    const text = JSON.stringify({ value: withoutSecrets(value), base: withoutSecrets(base), revision });
    sessionStorage.setItem(storageKey(key), text);
  } catch {
    // The browser keeps nothing; then a reload loses it, and the browser asks before.
  }
}

function kept(key: string, saved: JsonObject): Typed | undefined {
  const typed = inMemory.get(key);
  if (typed !== undefined) return typed;
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(storageKey(key)) ?? 'null');
    if (!isObject(found)) return undefined;
    const { value, base, revision } = found;
    if (!isObject(value) || !isObject(base) || typeof revision !== 'number') return undefined;
    return { value: withSavedSecrets(value, saved), base, revision };
  } catch {
    return undefined;
  }
}

const SECRETS = ['password', 'clientSecret', 'clientCertificate', 'clientAssertion', 'serviceAccount'];

/** A typed secret was not kept; the one that is saved stands in its place again, where it is still the same sign-in. */
function withSavedSecrets(draft: JsonObject, saved: JsonObject): JsonObject {
  if (['type', 'provider', 'flow'].some((key) => part(draft, key) !== part(saved, key))) return draft;
  return SECRETS.reduce((value, key) => {
    const before = part(saved, key);
    return before === undefined || part(value, key) !== undefined
      ? value
      : withAt(value, ['authentication', key], before);
  }, draft);
}

function part(upstream: JsonObject, key: string): Json | undefined {
  return valueAt(upstream, ['authentication', key]);
}
