/** Which rows of a long list are in sight: only those, and some around them, are in the document. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface RowWindow {
  /** The first row in the document, and the one behind the last. */
  readonly first: number;
  readonly last: number;
  /** Height of a row, in pixels. */
  readonly height: number;
}

/** Rows above and below what is seen, so that the keyboard finds the next one. */
const AROUND = 15;
/** The window moves in steps of so many rows. */
const STEP = 5;

/** `body` is the element that holds the rows, all of one height; measured at the row that is there. */
export function useWindow(
  body: { readonly current: HTMLElement | null },
  count: number,
  guess: number,
): RowWindow {
  const [range, setRange] = useState<RowWindow>({
    first: 0,
    last: Math.min(count, 2 * AROUND),
    height: guess,
  });
  const counted = useRef(count);
  counted.current = count;

  const look = useRef(() => {
    const element = body.current;
    if (element === null) return;
    const row = element.querySelector<HTMLElement>('[data-row]');
    const height = row?.getBoundingClientRect().height || guess;
    const top = element.getBoundingClientRect().top;
    const first = stepped(Math.floor(-top / height) - AROUND);
    const last = stepped(Math.ceil((window.innerHeight - top) / height) + AROUND + STEP);
    setRange((before) => {
      const next = {
        first: Math.min(Math.max(0, first), stepped(Math.max(0, counted.current - 1))),
        last: Math.max(0, Math.min(counted.current, last)),
        height,
      };
      const same = before.first === next.first && before.last === next.last && before.height === next.height;
      return same ? before : next;
    });
  });

  useEffect(() => {
    const looked = (): void => look.current();
    window.addEventListener('scroll', looked, { passive: true });
    window.addEventListener('resize', looked);
    return () => {
      window.removeEventListener('scroll', looked);
      window.removeEventListener('resize', looked);
    };
  }, []);
  useLayoutEffect(() => look.current(), [count]);
  return range;
}

function stepped(row: number): number {
  return Math.floor(row / STEP) * STEP;
}
