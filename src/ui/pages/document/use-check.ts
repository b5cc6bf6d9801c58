/** What is wrong with a text while it is typed: a dry run whenever the typing pauses. */
import { useEffect, useState } from 'preact/hooks';
import { ApiError, type Fault, send } from '../../api.ts';

/** Milliseconds without a key. */
const PAUSE = 500;

export interface Check {
  /** A newer answer is on its way. */
  readonly checking: boolean;
  readonly faults: readonly Fault[];
  /** What is accepted but worth a second look. */
  readonly warnings: readonly Fault[];
  /** It could not be checked. */
  readonly error?: ApiError;
}

const NOTHING: Check = { checking: false, faults: [], warnings: [] };
const FIRST: Check = { ...NOTHING, checking: true };

/** Nothing is checked where there is no text. */
export function useCheck(text: string | undefined): Check {
  const [check, setCheck] = useState<Check>(FIRST);
  useEffect(() => {
    if (text === undefined) {
      setCheck(NOTHING);
      return undefined;
    }
    setCheck((before) => ({ ...before, checking: true }));
    const gone = new AbortController();
    const timer = window.setTimeout(() => void ask(text, gone.signal, setCheck), PAUSE);
    return () => {
      window.clearTimeout(timer);
      gone.abort();
    };
  }, [text]);
  return check;
}

/** Shows the answer, unless it is not wanted any more. */
async function ask(yaml: string, signal: AbortSignal, show: (check: Check) => void): Promise<void> {
  try {
    const path = '/api/v1/settings/yaml?dryRun=true';
    const { warnings } = await send<{ warnings: readonly Fault[] }>('PUT', path, { yaml }, { signal });
    if (!signal.aborted) show({ ...NOTHING, warnings });
  } catch (error) {
    if (signal.aborted || !(error instanceof ApiError)) return;
    show(error.faults.length > 0 ? { ...NOTHING, faults: error.faults } : { ...NOTHING, error });
  }
}
