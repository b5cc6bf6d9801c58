import type { Settings } from '../settings/schema.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { Sealer } from '../settings/sealer.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { upstreamTestKey } from './upstream-test-key.ts';

/** How a test ended. */
export interface TestResult {
  readonly result: 'ok' | 'warning' | 'failed';
  /** Who asked for it. */
  readonly by: string;
  /** Who got the mail of the test, where one was sent. */
  readonly sentTo?: string;
  /** What went wrong, or what is worth a second look. */
  readonly text?: string;
}

/** The last test of an upstream, as it is kept. */
export interface StoredUpstreamTest extends TestResult {
  readonly upstream: string;
  /** Names the settings that were tested (upstream-test-key.ts). */
  readonly key: string;
  /** ms since 1970. */
  readonly at: number;
}

export interface UpstreamTestStorage {
  list(): Promise<readonly StoredUpstreamTest[]>;
  /** Replaces what is kept of that upstream. */
  put(test: StoredUpstreamTest): Promise<void>;
  /** Keeps those of these upstreams only. */
  keepOnly(upstreams: readonly string[]): Promise<void>;
}

/** `current` is false when the upstream's settings were changed since. */
export type UpstreamTest = Omit<StoredUpstreamTest, 'key'> & { readonly current: boolean };

/** Knows of each upstream whether it was tested as it is now. */
export interface UpstreamTests {
  /** Of the upstreams in force; one that was never tested is not in it. */
  list(): Promise<readonly UpstreamTest[]>;
  /**
   * Keeps how a test of these settings ended. Settings that are not in force are remembered for a while, and count once they are saved
   * unchanged. Never throws: what cannot be kept is logged.
   */
  record(upstream: UpstreamSettings, result: TestResult): Promise<void>;
  close(): void;
}

/** Tests of unsaved settings that are remembered, and for how long (ms): until somebody has pressed "Save". */
const DRAFTS = 50;
const REMEMBERED = 60 * 60 * 1000;
/** Characters of a text that are kept. */
const LONGEST_TEXT = 500;

export function createUpstreamTests(deps: {
  readonly settings: Pick<SettingsSource, 'current' | 'onChange'>;
  readonly storage: UpstreamTestStorage;
  readonly sealer: Pick<Sealer, 'open' | 'digest'>;
  readonly clock: Clock;
  readonly log: Log;
  /** A test of the settings in force was kept. */
  readonly onKept?: () => void;
}): UpstreamTests {
  const { settings, storage, sealer, clock, log, onKept } = deps;
  const drafts = new Map<string, StoredUpstreamTest>();
  const keyOf = (upstream: UpstreamSettings): string => upstreamTestKey(upstream, sealer);

  const keep = async (test: StoredUpstreamTest): Promise<void> => {
    try {
      await storage.put(test);
      onKept?.();
    } catch (error) {
      log.error({ err: error, upstream: test.upstream }, 'How a test ended could not be stored');
    }
  };

  function remember(test: StoredUpstreamTest): void {
    drafts.delete(test.key);
    drafts.set(test.key, test);
    const [oldest] = drafts.keys();
    if (drafts.size > DRAFTS && oldest !== undefined) drafts.delete(oldest);
  }

  async function takeOver({ upstreams }: Settings): Promise<void> {
    for (const upstream of upstreams) {
      if (drafts.size === 0) return;
      const key = keyOf(upstream);
      const tested = drafts.get(key);
      drafts.delete(key);
      if (tested !== undefined && tested.at + REMEMBERED > clock.now()) await keep(tested);
    }
  }

  const stopListening = settings.onChange((now, before) => {
    const names = now.upstreams.map(({ name }) => name);
    const gone = before.upstreams.some(({ name }) => !names.includes(name));
    const tidy = gone ? storage.keepOnly(names) : Promise.resolve();
    void tidy
      .catch((error: unknown) => log.error({ err: error }, 'Tests of removed upstreams could not be removed'))
      .then(() => takeOver(now));
  });

  return {
    async list() {
      const inForce = new Map(settings.current().upstreams.map((upstream) => [upstream.name, upstream]));
      const stored = await storage.list();
      return stored.flatMap(({ key, ...test }) => {
        const upstream = inForce.get(test.upstream);
        return upstream === undefined ? [] : [{ ...test, current: keyOf(upstream) === key }];
      });
    },
    async record(upstream, { result, by, sentTo, text }) {
      const key = keyOf(upstream);
      const test: StoredUpstreamTest = {
        upstream: upstream.name,
        key,
        at: clock.now(),
        result,
        by,
        ...(sentTo === undefined ? {} : { sentTo }),
        ...(text === undefined ? {} : { text: text.slice(0, LONGEST_TEXT) }),
      };
      const inForce = settings.current().upstreams.find(({ name }) => name === upstream.name);
      if (inForce !== undefined && keyOf(inForce) === key) await keep(test);
      else remember(test);
    },
    close: stopListening,
  };
}
