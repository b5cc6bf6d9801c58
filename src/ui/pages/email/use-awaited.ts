/** After a change was saved, what was typed stays on the page until the new revision has been read, so that nothing flickers. */
import { useEffect, useState } from 'preact/hooks';

export function useAwaited(revision: number, then: () => void) {
  const [awaited, setAwaited] = useState<number>();
  const there = awaited !== undefined && revision >= awaited;
  useEffect(() => {
    if (!there) return;
    setAwaited(undefined);
    then();
  }, [there]);
  return { awaiting: awaited !== undefined, wait: setAwaited };
}
