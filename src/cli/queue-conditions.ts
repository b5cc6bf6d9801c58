/** The flags that choose messages, the same for the list and for the verbs. */
import type { VerbRequest } from '../admin/contract.ts';
import { parseDuration } from '../settings/units.ts';
import type { Flags, Typed } from './command.ts';
import { UsageError } from './usage-error.ts';

export const STATES = ['queued', 'held', 'delivered', 'failed', 'deleted'] as const;
export type State = (typeof STATES)[number];

export const conditionFlags: Flags = {
  state: { value: 'STATE', multiple: true, help: `One of ${STATES.join(', ')}` },
  client: { value: 'NAME', help: 'Messages of this client' },
  sender: { value: 'TEXT', help: 'Part of the sender address' },
  recipient: { value: 'TEXT', help: 'Part of a recipient address' },
  subject: { value: 'TEXT', help: 'Part of the subject' },
  upstream: { value: 'NAME', help: 'Messages that went, or are to go, to this upstream' },
  device: { value: 'TEXT', help: 'Part of the address or name of the device that sent it' },
  after: { value: 'TIME', help: 'Accepted after: 2026-11-21T08:00, or how long ago: 30m, 2h, 1d' },
  before: { value: 'TIME', help: 'Accepted before' },
};

const TEXTS = ['client', 'sender', 'recipient', 'subject', 'upstream', 'device'] as const;

/** What the flags say, in the words of the API. Throws UsageError. */
export function conditionsOf(typed: Typed): VerbRequest {
  const states = typed.texts('state').map((text) => {
    const state = STATES.find((one) => one === text);
    if (state === undefined) throw new UsageError(`--state has to be one of ${STATES.join(', ')}`);
    return state;
  });
  const conditions: VerbRequest = states.length === 0 ? {} : { states };
  for (const name of TEXTS) {
    const text = typed.text(name);
    if (text !== undefined) conditions[name] = text;
  }
  const after = typed.text('after');
  if (after !== undefined) conditions.acceptedAfter = timeOf(after, '--after');
  const before = typed.text('before');
  if (before !== undefined) conditions.acceptedBefore = timeOf(before, '--before');
  return conditions;
}

function timeOf(text: string, flag: string): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return Math.max(0, Date.now() - ago);
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (time >= 0) return time;
  throw new UsageError(
    `${flag} has to be a time such as 2026-11-21T08:00, or how long ago, such as 30m, 2h or 1d`,
  );
}
