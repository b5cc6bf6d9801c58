/** What is done to many messages at once. */
import type { VerbAnswer } from '../../../admin/contract.ts';
import { get, send } from '../../api.ts';
import { t } from '../../words/words.ts';
import { type Conditions, queryOf, type State } from './filters.ts';

export const VERBS = ['retry', 'hold', 'release', 'delete'] as const;
export type Verb = (typeof VERBS)[number];

/** The states that each is about. */
export const MAY: Readonly<Record<Verb, readonly State[]>> = {
  retry: ['queued', 'failed'],
  hold: ['queued'],
  release: ['held'],
  delete: ['queued', 'held', 'failed'],
};

/** Ids of one request. */
const MOST_IDS = 10_000;
/** Messages that are counted before something is done to all of them. */
export const MOST_COUNTED = 10_000;
const PAGE = 1000;
const MOST_PAGES = 200;

/** Does it, and says how many it was done to and why not to the others. */
export async function runVerb(
  verb: Verb,
  chosen: { readonly ids: readonly string[] } | { readonly conditions: Conditions },
  options: { readonly upstream?: string; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const to = options.upstream === undefined || options.upstream === '' ? {} : { to: options.upstream };
  const bodies =
    'ids' in chosen
      ? batches(chosen.ids).map((ids) => ({ ids, ...to }))
      : [{ ...narrowed(chosen.conditions, verb), ...to }];
  const answers: VerbAnswer[] = [];
  for (const body of bodies) {
    answers.push(await send<VerbAnswer>('POST', `/api/v1/queue/${verb}`, body, { signal: options.signal }));
  }
  return answerText(verb, answers);
}

/** How many messages a verb would be about: exact up to MOST_COUNTED, `undefined` beyond. */
export async function countFor(
  verb: Verb,
  conditions: Conditions,
  signal: AbortSignal,
): Promise<number | undefined> {
  const query = queryOf(narrowed(conditions, verb));
  query.set('limit', String(PAGE));
  let count = 0;
  for (let pages = 0; pages < MOST_PAGES && count <= MOST_COUNTED; pages += 1) {
    const page = await get<{ messages: readonly unknown[]; next?: string }>(
      `/api/v1/queue?${query.toString()}`,
      { signal },
    );
    count += page.messages.length;
    if (page.next === undefined) return count;
    query.set('before', page.next);
  }
  return undefined;
}

/** Only what the verb is about: everything else would be named as left alone. */
function narrowed(conditions: Conditions, verb: Verb): Conditions {
  const states = (conditions.states ?? MAY[verb]).filter((state) => MAY[verb].includes(state));
  return { ...conditions, states: states.length === 0 ? MAY[verb].slice(0, 1) : states };
}

function batches(ids: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / MOST_IDS) }, (_, index) =>
    ids.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  );
}

function answerText(verb: Verb, answers: readonly VerbAnswer[]): string {
  const changed = answers.reduce((sum, answer) => sum + answer.changed.length, 0);
  const reasons = new Map<string, number>();
  for (const { reason } of answers.flatMap(({ unchanged }) => unchanged)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const left = [...reasons].map(([reason, count]) => t('messages.left', { count, reason }));
  return [t(`messages.done-${verb}`, { count: changed }), ...left].join(' ');
}
