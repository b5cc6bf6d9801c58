/** The conditions, kept in the address, so that a reload and a link show the same. */
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';

export interface AuditFilter {
  readonly by?: string;
  readonly action?: string;
  readonly subject?: string;
}

const NAMES = ['by', 'action', 'subject'] as const;
const PAGE = 50;
/** Typing pauses for so long before it is asked for, ms. */
const PAUSE = 300;
const LONGEST = 200;

export function useFilter() {
  const { query: given, route } = useLocation();
  const [filter, setFilter] = useState<AuditFilter>(() => cleaned(given));
  const [asked, setAsked] = useState(filter);

  useEffect(() => {
    if (filter === asked) return undefined;
    const timer = window.setTimeout(() => {
      setAsked(filter);
      const conditions = conditionsOf(filter).toString();
      route(conditions === '' ? '/audit' : `/audit?${conditions}`, true);
    }, PAUSE);
    return () => window.clearTimeout(timer);
  }, [filter, asked, route]);

  const conditions = conditionsOf(asked);
  const narrowed = conditions.size > 0;
  conditions.set('limit', String(PAGE));
  return { filter, change: setFilter, query: conditions.toString(), narrowed };
}

function conditionsOf(filter: AuditFilter): URLSearchParams {
  const conditions = new URLSearchParams();
  for (const name of NAMES) {
    const value = filter[name]?.trim().slice(0, LONGEST) ?? '';
    if (value !== '') conditions.set(name, value);
  }
  return conditions;
}

function cleaned(given: Readonly<Record<string, string>>): AuditFilter {
  const { by, action, subject } = given;
  return {
    ...(by === undefined ? {} : { by }),
    // The API refuses what has no such form, and a link may have any.
    ...(action !== undefined && /^[a-z-]{1,32}(\.[a-z-]{1,32})?$/.test(action) ? { action } : {}),
    ...(subject === undefined ? {} : { subject }),
  };
}
