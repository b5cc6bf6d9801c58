/**
 * Who works with the keyboard or a screen reader is not thrown back to the top of the page when what had the focus goes away with its
 * row: the focus moves to the heading of the part in which that was.
 */

/** Until then whoever took it away may say itself where the focus goes, ms. */
const OWN_CHOICE = 100;

/** Watches over everything in `room`; answers how to stop. */
export function keepFocus(room: HTMLElement): () => void {
  let last: Element | undefined;
  /** Parts around it, the innermost first, as they were while it was there. */
  let parts: readonly Element[] = [];
  let timer: number | undefined;

  const note = ({ target }: FocusEvent): void => {
    if (!(target instanceof Element)) return;
    last = target;
    parts = partsAround(target, room);
  };
  const mend = (): void => {
    timer = undefined;
    if (last?.isConnected !== false || document.activeElement !== document.body) return;
    last = undefined;
    const heading = [...parts, room].find((part) => part.isConnected)?.querySelector('h1, h2, h3');
    if (!(heading instanceof HTMLElement)) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };
  const observer = new MutationObserver(() => {
    if (last?.isConnected === false) timer ??= window.setTimeout(mend, OWN_CHOICE);
  });
  room.addEventListener('focusin', note);
  observer.observe(room, { childList: true, subtree: true });
  return () => {
    room.removeEventListener('focusin', note);
    observer.disconnect();
    window.clearTimeout(timer);
  };
}

function partsAround(target: Element, room: Element): readonly Element[] {
  const parts: Element[] = [];
  for (let part = target.closest('section'); part !== null && room.contains(part); ) {
    parts.push(part);
    part = part.parentElement?.closest('section') ?? null;
  }
  return parts;
}
