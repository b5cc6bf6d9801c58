/**
 * Looks at the journal of a test mail until it says how the mail ended, and has that kept as the test of the upstream that took or refused
 * it. Bounded: ten minutes, and a few mails at once; beyond that a test is not counted, and nothing else is lost.
 */
import type { TestResult } from '../delivery/upstream-tests.ts';
import type { JournalEntry } from '../queue/message.ts';
import type { MessageStory } from '../queue/operations.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { AdminServices } from './services.ts';

/** Milliseconds to the first look and the longest between two; each wait is longer by half. */
const FIRST = 250;
const LONGEST = 5000;
const TEN_MINUTES = 10 * 60 * 1000;
const AT_ONCE = 20;

type Services = Pick<AdminServices, 'queue' | 'settings' | 'clock' | 'log' | 'upstreamTests'>;

/** Mails that are followed now, of each room of tests. */
const followed = new WeakMap<object, number>();

export interface SentTest {
  readonly id: string;
  readonly by: string;
  readonly sentTo: string;
  /** The upstream that was asked for. */
  readonly upstream?: string | undefined;
}

/** Begins to follow it and comes back at once. Never throws. */
export function followTestMail(
  { queue, settings, clock, log, upstreamTests }: Services,
  sent: SentTest,
): void {
  if (upstreamTests === undefined || (followed.get(upstreamTests) ?? 0) >= AT_ONCE) return;
  const tests = upstreamTests;
  count(tests, 1);
  const { by, sentTo } = sent;
  // The settings that it was sent with: a later change is not tested by it.
  const upstreams = new Map(settings.current().upstreams.map((upstream) => [upstream.name, upstream]));
  const until = clock.monotonic() + TEN_MINUTES;
  const told = new Set<string>();

  const record = async (upstream: UpstreamSettings, result: Pick<TestResult, 'result' | 'text'>) => {
    const key = JSON.stringify([upstream.name, result]);
    if (told.has(key)) return;
    told.add(key);
    await tests.record(upstream, { ...result, by, sentTo });
  };
  const look = async (pause: number): Promise<void> => {
    const story = await queue.show(sent.id);
    for (const [name, result] of verdicts(story, sent.upstream)) {
      const upstream = upstreams.get(name);
      if (upstream !== undefined) await record(upstream, result);
    }
    if (story.message.state !== 'queued' || clock.monotonic() >= until) count(tests, -1);
    else wait(Math.min(pause * 1.5, LONGEST));
  };
  const wait = (pause: number): void => {
    clock.after(pause, () => {
      look(pause).catch((error: unknown) => {
        count(tests, -1);
        log.debug({ err: error, id: sent.id }, 'A test mail is not followed any more');
      });
    });
  };
  wait(FIRST);
}

function count(tests: object, by: number): void {
  followed.set(tests, (followed.get(tests) ?? 0) + by);
}

type Verdict = readonly [upstream: string, result: Pick<TestResult, 'result' | 'text'>];

/** What the mail has shown so far, for each upstream that it met. */
export function verdicts({ message, journal }: MessageStory, asked?: string): readonly Verdict[] {
  const found = new Map<string, Pick<TestResult, 'result' | 'text'>>();
  for (const { event } of journal) {
    for (const [name, result] of verdictsOf(event)) found.set(name, result);
  }
  const taker = message.recipients.find(({ state }) => state === 'delivered')?.upstream;
  if (message.state === 'delivered' && asked !== undefined && taker !== undefined && asked !== taker) {
    const text = found.get(asked)?.text ?? `The mail went out over ${taker} instead.`;
    found.set(asked, { result: 'failed', text });
  }
  return [...found];
}

function verdictsOf(event: JournalEntry['event']): readonly Verdict[] {
  if (event.type === 'waiting') {
    return [[event.upstream, { result: 'failed', text: event.reply?.text ?? event.text }]];
  }
  if (event.type !== 'attempt') return [];
  const { upstream, recipients } = event;
  const bad = recipients.find(({ result }) => result !== 'delivered' && result !== 'held');
  if (bad === undefined) return [[upstream, { result: 'ok' }]];
  const { code, enhanced, text } = bad.reply;
  const reply = [code, enhanced, text].filter((part) => part !== undefined).join(' ');
  return [[upstream, { result: 'failed', text: reply }]];
}
