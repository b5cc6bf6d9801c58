import type { Fault } from '../shared/errors.ts';
import type { Draft, Entry } from './draft.ts';
import { faultAt } from './faults.ts';
import { TEST_RELAY } from './schema.ts';

/** The lane of mail that Postern itself writes; nobody else may have it. */
const OWN_LANE = 'postern';

/** Names are used once. Clients and users share theirs, for each is one lane of the queue. */
export function checkNames(draft: Draft): readonly Fault[] {
  return [
    ...duplicates([['listeners', draft.listeners]], 'listener'),
    ...duplicates([['upstreams', draft.upstreams]], 'upstream'),
    ...duplicates(
      [
        ['clients', draft.clients],
        ['users', draft.users],
      ],
      'client or user',
    ),
    ...reserved('clients', draft.clients),
    ...reserved('users', draft.users),
    ...draft.upstreams.flatMap(({ index, name, value }) =>
      name === TEST_RELAY && value !== undefined && value.kind !== 'test-relay'
        ? [faultAt(['upstreams', index, 'name'], `is reserved for the kind test-relay; choose another name`)]
        : [],
    ),
  ];
}

type Section = readonly [string, readonly Entry<unknown>[]];

function duplicates(sections: readonly Section[], noun: string): Fault[] {
  const seen = new Map<string, string>();
  const faults: Fault[] = [];
  for (const [section, entries] of sections) {
    for (const { index, name } of entries) {
      if (name === undefined) continue;
      const first = seen.get(name);
      if (first === undefined) seen.set(name, `${section}[${index}]`);
      else {
        const text = `is already the name of another ${noun} (${first}); choose another name`;
        faults.push(faultAt([section, index, 'name'], text));
      }
    }
  }
  return faults;
}

function reserved(section: string, entries: readonly Entry<unknown>[]): Fault[] {
  return entries.flatMap(({ index, name }) =>
    name === OWN_LANE
      ? [faultAt([section, index, 'name'], 'is reserved for mail of Postern itself; choose another name')]
      : [],
  );
}
