import { closest } from '../shared/closest.ts';
import type { Fault } from '../shared/errors.ts';
import type { Draft, Entry } from './draft.ts';
import { faultAt } from './faults.ts';
import type { Path } from './paths.ts';
import { pathText } from './paths.ts';
import { TEST_RELAY } from './schema.ts';

/** Whatever is named exists, and no upstream falls back on itself. */
export function checkReferences(draft: Draft): readonly Fault[] {
  const upstreams = [...namesOf(draft.upstreams), TEST_RELAY];
  const senders = [...namesOf(draft.clients), ...namesOf(draft.users)];
  const listeners = namesOf(draft.listeners);
  const upstream = (path: Path, name: string | undefined) => known(path, name, upstreams, 'upstream');
  return [
    ...draft.clients.flatMap(({ index, value }) => upstream(['clients', index, 'upstream'], value?.upstream)),
    ...draft.users.flatMap(({ index, value }) => upstream(['users', index, 'upstream'], value?.upstream)),
    ...draft.routes.flatMap(({ index, value }) => [
      ...upstream(['routes', index, 'upstream'], value?.upstream),
      ...known(['routes', index, 'client'], value?.client, senders, 'client or user'),
      ...known(['routes', index, 'listener'], value?.listener, listeners, 'listener'),
    ]),
    ...upstream(['defaultUpstream'], draft.defaultUpstream),
    ...draft.upstreams.flatMap(({ index, value }) =>
      upstream(['upstreams', index, 'fallback'], value?.fallback),
    ),
    ...fallbackCycles(draft),
  ];
}

function namesOf(entries: readonly Entry<unknown>[]): readonly string[] {
  return entries.flatMap(({ name }) => (name === undefined ? [] : [name]));
}

function known(path: Path, name: string | undefined, names: readonly string[], noun: string): Fault[] {
  if (name === undefined || names.includes(name)) return [];
  const meant = closest(name, names);
  const remedy =
    meant !== undefined
      ? `did you mean ${meant}?`
      : names.length > 0
        ? `there is: ${names.slice(0, 20).join(', ')}`
        : `add the ${noun} first`;
  return [{ path: pathText(path), message: `names ${article(noun)} ${noun} that does not exist`, remedy }];
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a';
}

/** Each cycle is named once, at the first of its members. Every upstream is walked over once. */
function fallbackCycles(draft: Draft): Fault[] {
  const next = new Map<string, string>();
  for (const { name, value } of draft.upstreams) {
    if (name !== undefined && value?.fallback !== undefined) next.set(name, value.fallback);
  }
  const cycleOf = new Map<string, readonly string[]>();
  const walked = new Set<string>();
  for (const name of next.keys()) {
    const cycle = cycleFrom(name, next, walked);
    for (const member of cycle) cycleOf.set(member, cycle);
  }
  return draft.upstreams.flatMap(({ index, name }) => {
    const cycle = name === undefined ? undefined : cycleOf.get(name);
    if (name === undefined || cycle === undefined) return [];
    for (const member of cycle) cycleOf.delete(member);
    const first = cycle.indexOf(name);
    const circle = [...cycle.slice(first), ...cycle.slice(0, first), name];
    const text = `goes round in a circle (${circle.join(' → ')}); let one of them have none`;
    return [faultAt(['upstreams', index, 'fallback'], text)];
  });
}

/** The cycle that a walk from `start` ends in; empty where there is none, or it was walked before. */
function cycleFrom(start: string, next: ReadonlyMap<string, string>, walked: Set<string>): readonly string[] {
  const way = new Set<string>();
  let name: string | undefined = start;
  for (; name !== undefined && !walked.has(name); name = next.get(name)) {
    walked.add(name);
    way.add(name);
  }
  if (name === undefined || !way.has(name)) return [];
  const names = [...way];
  return names.slice(names.indexOf(name));
}
