import type { Alert } from '../shared/alerts.ts';

/**
 * When something that Postern needs ends, and how loudly to say so. Pure: what there is goes in with the time, what is worth
 * saying comes out.
 */

export type ExpiryKind =
  | 'client-secret'
  | 'client-certificate'
  | 'authorization'
  | 'trust-anchor'
  | 'server-certificate';

/** Something that ends, or that is not as it should be. */
export interface Expiring {
  readonly kind: ExpiryKind;
  /** Upstream, file or stored certificate; with the kind it is unique. */
  readonly name: string;
  /** What it is, to begin a sentence with: `The client secret of upstream office`. */
  readonly subject: string;
  /** ms since 1970, where a day is known. */
  readonly expiresAt?: number;
  /** What is wrong now, whatever the day: a whole sentence. */
  readonly trouble?: Trouble;
  readonly remedy?: string;
  readonly upstream?: string;
}

export interface Trouble {
  /** In the key of the alert: `unused`, `unreadable`, … */
  readonly state: string;
  readonly text: string;
  readonly remedy?: string;
  /** Somebody else raises the alert. */
  readonly told?: boolean;
}

/** What is shown of it. */
export interface ExpiryItem {
  readonly kind: ExpiryKind;
  readonly name: string;
  readonly upstream?: string;
  readonly expiresAt?: number;
  readonly level: 'ok' | 'warning' | 'critical';
  /** One sentence. */
  readonly text: string;
  readonly remedy?: string;
}

const DAY = 86_400_000;

/** Days before the end at which it is said again; 0 is the end itself. */
export const THRESHOLDS = [30, 14, 7, 1, 0] as const;

/** The last threshold that was passed: of 10 days left, 14. Undefined while more than 30 days are left. */
export function thresholdOf(expiresAt: number, now: number): (typeof THRESHOLDS)[number] | undefined {
  return THRESHOLDS.findLast((days) => expiresAt - now <= days * DAY);
}

/** What is shown of something, and the alert that it deserves now, where it deserves one. */
export function assess(one: Expiring, now: number): { readonly item: ExpiryItem; readonly alert?: Alert } {
  const { kind, name, upstream, trouble, expiresAt } = one;
  const shown = {
    kind,
    name,
    ...(upstream === undefined ? {} : { upstream }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  const threshold = expiresAt === undefined ? undefined : thresholdOf(expiresAt, now);
  if (expiresAt !== undefined && threshold !== undefined) {
    const level = threshold <= 1 ? 'critical' : 'warning';
    return told(shown, level, ending(one.subject, expiresAt, now), one.remedy, String(threshold));
  }
  if (trouble !== undefined) {
    const remedy = trouble.remedy ?? one.remedy;
    const found = told(shown, 'warning', trouble.text, remedy, trouble.state);
    return trouble.told === true ? { item: found.item } : found;
  }
  const text = expiresAt === undefined ? `${one.subject} is in order.` : ending(one.subject, expiresAt, now);
  return { item: { ...shown, level: 'ok', text } };
}

function told(
  shown: Pick<ExpiryItem, 'kind' | 'name' | 'upstream' | 'expiresAt'>,
  level: Alert['level'],
  text: string,
  remedy: string | undefined,
  state: string,
) {
  const words = { level, text, ...(remedy === undefined ? {} : { remedy }) };
  const alert: Alert = {
    key: `expiry ${shown.kind} ${shown.name} ${state}`,
    ...words,
    ...(shown.upstream === undefined ? {} : { upstream: shown.upstream }),
    ...(shown.expiresAt === undefined ? {} : { details: { expires: dayOf(shown.expiresAt) } }),
  };
  return { item: { ...shown, ...words }, alert };
}

function ending(subject: string, expiresAt: number, now: number): string {
  const left = expiresAt - now;
  if (left <= 0) return `${subject} has expired on ${dayOf(expiresAt)}.`;
  const days = Math.floor(left / DAY);
  const count = days === 0 ? 'within a day' : days === 1 ? 'in 1 day' : `in ${days} days`;
  return `${subject} expires ${count}, on ${dayOf(expiresAt)}.`;
}

/** `2027-03-01`, in UTC. A day beyond what dates can say is said so. */
function dayOf(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().slice(0, 10) : 'no day';
}
