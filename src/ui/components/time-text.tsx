/** A time as people say it (“3 minutes ago”), with the exact one on hover and for screen readers. */
import { useEffect, useState } from 'preact/hooks';
import { absoluteTime, relativeTime } from '../format.ts';

const MINUTE = 60_000;

export function TimeText({ at, absolute = false }: { readonly at: number; readonly absolute?: boolean }) {
  const now = useNow();
  const exact = absoluteTime(at);
  return (
    <time dateTime={new Date(at).toISOString()} title={exact}>
      {absolute ? (
        exact
      ) : (
        <>
          {relativeTime(at, now)}
          <span class="hidden"> ({exact})</span>
        </>
      )}
    </time>
  );
}

/** Now, as often as what is said of it changes. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), MINUTE / 4);
    return () => window.clearInterval(timer);
  }, []);
  return Math.max(now, Date.now() - MINUTE / 4);
}
