/** What is searched for; kept in the address, so that a reload and a link show the same. Pure. */

export const STATES = ['queued', 'held', 'delivered', 'failed', 'deleted'] as const;
export type State = (typeof STATES)[number];

/** `open`: not finished. */
export const STATE_FILTERS = ['', 'open', ...STATES] as const;
export const TIMES = ['', '1h', '1d', '7d', 'custom'] as const;

export interface Filters {
  readonly state: (typeof STATE_FILTERS)[number];
  readonly sender: string;
  readonly recipient: string;
  readonly subject: string;
  readonly device: string;
  readonly client: string;
  readonly upstream: string;
  readonly time: (typeof TIMES)[number];
  /** As the browser's field for a time has it: `2026-11-21T08:00`. */
  readonly after: string;
  readonly before: string;
}

export const TEXTS = ['sender', 'recipient', 'subject', 'device', 'client', 'upstream'] as const;
const LONGEST = 320;
const HOUR = 3_600_000;
const SPANS: Readonly<Record<string, number>> = { '1h': HOUR, '1d': 24 * HOUR, '7d': 7 * 24 * HOUR };

/** From the part of the address behind `?`. */
export function filtersOf(search: string): Filters {
  const query = new URLSearchParams(search);
  const text = (name: string): string => (query.get(name) ?? '').slice(0, LONGEST);
  const states = query.getAll('state');
  const open = states.length === 2 && states.includes('queued') && states.includes('held');
  const { after, before } = { after: text('after'), before: text('before') };
  const time = TIMES.find((each) => each === text('time')) ?? '';
  return {
    state: open ? 'open' : (STATE_FILTERS.find((each) => each === states[0]) ?? ''),
    sender: text('sender'),
    recipient: text('recipient'),
    subject: text('subject'),
    device: text('device'),
    client: text('client'),
    upstream: text('upstream'),
    time: time === '' && (after !== '' || before !== '') ? 'custom' : time,
    after,
    before,
  };
}

/** The same as it stands in the address; empty without any. */
export function searchOf(filters: Filters): string {
  const query = new URLSearchParams();
  for (const name of ['state', ...TEXTS, 'time'] as const) {
    if (filters[name] !== '') query.set(name, filters[name]);
  }
  if (filters.time === 'custom') {
    if (filters.after !== '') query.set('after', filters.after);
    if (filters.before !== '') query.set('before', filters.before);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Nothing is searched for: all messages are meant. */
export function isEmpty(filters: Filters): boolean {
  return searchOf(filters) === '';
}

/** Conditions as the API takes them for verbs, with `states` in place of `state`. */
export interface Conditions {
  readonly states?: readonly State[];
  readonly acceptedAfter?: number;
  readonly acceptedBefore?: number;
  readonly sender?: string;
  readonly recipient?: string;
  readonly subject?: string;
  readonly device?: string;
  readonly client?: string;
  readonly upstream?: string;
}

/** `now` in ms, for spans of time that end with it. */
export function conditionsOf(filters: Filters, now: number): Conditions {
  const texts = Object.fromEntries(
    TEXTS.filter((name) => filters[name].trim() !== '').map((name) => [name, filters[name].trim()]),
  );
  const span = SPANS[filters.time];
  const custom = filters.time === 'custom';
  const after = span === undefined ? (custom ? timeOf(filters.after) : undefined) : now - span;
  const before = custom ? timeOf(filters.before) : undefined;
  return {
    ...texts,
    ...statesOf(filters),
    ...(after === undefined ? {} : { acceptedAfter: after }),
    ...(before === undefined ? {} : { acceptedBefore: before }),
  };
}

/** Query of the list. */
export function queryOf(conditions: Conditions): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(conditions)) {
    if (name === 'states') for (const state of conditions.states ?? []) query.append('state', state);
    else query.set(name, String(value));
  }
  return query;
}

function statesOf({ state }: Filters): { readonly states?: readonly State[] } {
  if (state === '') return {};
  return { states: state === 'open' ? ['queued', 'held'] : [state] };
}

function timeOf(text: string): number | undefined {
  const time = text === '' ? Number.NaN : Date.parse(text);
  return time >= 0 ? time : undefined;
}
