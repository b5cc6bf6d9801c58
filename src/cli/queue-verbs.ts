import { type VerbAnswer, type VerbRequest, verbAnswerSchema } from '../admin/contract.ts';
import { readPages } from './all-pages.ts';
import { type Client, createClient } from './client.ts';
import type { Command, Typed } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { counted, safe, safeJson } from './output.ts';
import { conditionFlags, conditionsOf } from './queue-conditions.ts';
import { UsageError } from './usage-error.ts';

type Verb = 'retry' | 'hold' | 'release' | 'delete';

const DONE: Readonly<Record<Verb, string>> = {
  retry: 'being tried again',
  hold: 'held',
  release: 'released',
  delete: 'deleted',
};

/** These cannot be taken back, so that more than one message has to be meant. */
const ASKS: ReadonlySet<Verb> = new Set<Verb>(['release', 'delete']);

/** The states that a verb is about, where the conditions name none. */
const STATES: Readonly<Record<Verb, VerbRequest['states']>> = {
  retry: ['queued'],
  hold: ['queued'],
  release: ['held'],
  delete: ['queued', 'held'],
};

/** `queue retry|hold|release|delete` by id or by condition. */
export function queueVerb(verb: Verb): Command {
  return {
    flags: {
      ...conditionFlags,
      all: { help: 'Every message in these states' },
      ...(ASKS.has(verb) ? { yes: { help: 'Yes, more than one message' } } : {}),
      ...(verb === 'release' ? { to: { value: 'NAME', help: 'Send it to this upstream' } } : {}),
      ...jsonFlag,
      ...nodeFlags,
    },
    positionals: [0, 10_000],
    details: `Names messages by id, or by conditions that all have to match. Without --state these are ${
      verb === 'retry'
        ? 'queued messages; failed ones by id or --state failed. An upstream that is out of order is tried again too'
        : `${(STATES[verb] ?? []).join(' and ')} messages`
    }.`,
    async run(typed) {
      const request = requestOf(typed, verb);
      const client = createClient(typed);
      if (ASKS.has(verb) && !typed.on('yes')) await refuseMany(client, request, verb);
      const to = verb === 'release' ? typed.text('to') : undefined;
      const body = to === undefined ? request : { ...request, to };
      const answer = await client.ask(`/api/v1/queue/${verb}`, verbAnswerSchema, { method: 'POST', body });
      return report(answer, typed, verb);
    },
  };
}

function requestOf(typed: Typed, verb: Verb): VerbRequest {
  const conditions = conditionsOf(typed);
  const ids = [...typed.positionals];
  const chosen = Object.keys(conditions).length > 0;
  if (ids.length === 0 && !chosen && !typed.on('all')) {
    throw new UsageError('name messages by id or by conditions, or say --all');
  }
  if (ids.length > 0) return { ...conditions, ids };
  return { states: STATES[verb], ...conditions };
}

async function refuseMany(client: Client, request: VerbRequest, verb: Verb): Promise<void> {
  const count = request.ids?.length ?? (await countMatches(client, request));
  if (count <= 1) return;
  const shown = count >= 1000 ? '1000 or more messages' : counted(count, 'message');
  throw new UsageError(`this would ${verb} ${shown}; say --yes if that is meant`);
}

async function countMatches(client: Client, request: VerbRequest): Promise<number> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) {
    if (name === 'states') for (const state of request.states ?? []) query.append('state', state);
    else query.set(name, String(value));
  }
  return (await readPages(client, query, 1000)).messages.length;
}

function report(answer: VerbAnswer, typed: Typed, verb: Verb): number {
  const { out, err } = typed.terminal;
  if (typed.on('json')) {
    out(`${safeJson(answer)}\n`);
  } else {
    out(`${counted(answer.changed.length, 'message')} ${DONE[verb]}.\n`);
    for (const { id, reason } of answer.unchanged) err(`${safe(id)} left as it is: ${safe(reason)}\n`);
  }
  const named = typed.positionals.length;
  return answer.unchanged.length > 0 || answer.changed.length < named ? 1 : 0;
}
