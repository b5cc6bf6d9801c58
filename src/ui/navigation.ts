/** Changes of the page from within: after one its heading gets the focus, which on the first load the browser keeps. */
let count = 0;

/** Called by the router for each change of the path. */
export function noteNavigation(): void {
  count += 1;
}

/** Whether the page was changed before. */
export function navigated(): boolean {
  return count > 0;
}
