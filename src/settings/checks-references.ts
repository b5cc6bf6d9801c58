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

/** Each cycle is named once, at the first of its members. */
function fallbackCycles(draft: Draft): Fault[] {
  const next = new Map<string, string>();
  for (const { name, value } of draft.upstreams) {
    if (name !== undefined && value?.fallback !== undefined) next.set(name, value.fallback);
  }
  const told = new Set<string>();
  return draft.upstreams.flatMap(({ index, name }) => {
    const cycle = name === undefined || told.has(name) ? undefined : cycleFrom(name, next);
    if (cycle === undefined) return [];
    for (const member of cycle) told.add(member);
    const text = `goes round in a circle (${[...cycle, cycle[0]].join(' → ')}); let one of them have none`;
    return [faultAt(['upstreams', index, 'fallback'], text)];
  });
}

function cycleFrom(start: string, next: ReadonlyMap<string, string>): readonly string[] | undefined {
  const visited = [start];
  for (let name = next.get(start); name !== undefined; name = next.get(name)) {
    if (name === start) return visited;
    // A circle further on that does not come back here is told at its own members.
    if (visited.includes(name)) return undefined;
    visited.push(name);
  }
  return undefined;
}
