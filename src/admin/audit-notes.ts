/** The words of the audit trail for what is done in several ways or to many at once. No secret is in them. */
import type { SignInState } from '../oauth/authorizations.ts';
import type { MessageFilter } from '../queue/storage.ts';
import { describeChange } from '../settings/describe-change.ts';
import { differences } from '../settings/differences.ts';
import type { AuditNote } from './route.ts';
import type { AdminSettings } from './services.ts';

interface EndedSignIn {
  readonly state: SignInState['state'];
  readonly upstream: string;
  readonly account?: string | undefined;
  readonly text?: string | undefined;
}

/** Ids that are named; the rest is counted. */
const MOST_IDS = 5;

/**
 * What a change of the settings made different, read back from the two revisions: so it is what was stored, whoever else was changing
 * them, and the secrets in it are out of sight already.
 */
export async function settingsNote(
  settings: Pick<AdminSettings, 'revision'>,
  revision: number,
  rolledBackTo?: number,
): Promise<AuditNote> {
  const [before, after] = [await settings.revision(revision - 1), await settings.revision(revision)];
  const back = rolledBackTo === undefined ? '' : `Rolled back to revision ${rolledBackTo}; `;
  return {
    action: rolledBackTo === undefined ? 'settings.changed' : 'settings.rolled-back',
    subject: `revision ${revision}`,
    text: `${back}${back === '' ? 'C' : 'c'}hanged the settings: ${describeChange(before, after)}.`,
    changes: differences(before, after),
  };
}

/** What was done to messages: how many, and how they were chosen; nothing where none was touched. */
export function messagesNote(
  verb: 'retry' | 'hold' | 'release' | 'delete',
  filter: MessageFilter,
  changed: readonly string[],
  more = '',
): AuditNote | undefined {
  if (changed.length === 0) return undefined;
  const done = { retry: 'retried', hold: 'held', release: 'released', delete: 'deleted' }[verb];
  const [first = ''] = changed;
  const count = changed.length === 1 ? `message ${first}` : `${changed.length} messages`;
  const begin = `${done.charAt(0).toUpperCase()}${done.slice(1)}`;
  return {
    action: `messages.${done}`,
    subject: count,
    text: `${begin} ${count}${more}${changed.length === 1 ? '' : `, chosen by ${filterText(filter)}`}.`,
  };
}

function filterText({ ids, ...conditions }: MessageFilter): string {
  const all: Readonly<Record<string, string | number | readonly string[] | undefined>> = conditions;
  const parts = Object.entries(all).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (typeof value === 'number') return [`${name} ${new Date(value).toISOString()}`];
    return [`${name} ${typeof value === 'string' ? value : value.join(', ')}`];
  });
  if (ids !== undefined) {
    const left = ids.length - MOST_IDS;
    parts.push(`id ${ids.slice(0, MOST_IDS).join(', ')}${left > 0 ? ` and ${left} more` : ''}`);
  }
  return parts.length === 0 ? 'all' : parts.join('; ');
}

/** How a sign-in at a provider ended. Who began it is in the entry of its beginning; a browser that comes back proves only that it is that one. */
export function signInNote({ state, upstream, account, text }: EndedSignIn): AuditNote | undefined {
  if (state === 'authorized') {
    const who = account === undefined ? '' : ` as ${account}`;
    return {
      action: 'authorizations.granted',
      subject: upstream,
      text: `Authorized the upstream ${upstream}${who}.`,
    };
  }
  if (state !== 'failed') return undefined;
  return {
    action: 'authorizations.failed',
    subject: upstream,
    text: `A sign-in at the provider of the upstream ${upstream} failed: ${text ?? 'no reason was given'}`,
  };
}
