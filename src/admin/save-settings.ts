/** Puts a changed document in force, and sends a test mail when the settings or the caller ask for one. */
import { isDeepStrictEqual } from 'node:util';
import type { Settings } from '../settings/schema.ts';
import type { Applied } from '../settings/settings-service.ts';
import { RelayError } from '../shared/errors.ts';
import { address } from './contract.ts';
import type { Saved, SavedTest } from './contract-configuration.ts';
import { sendTestMail, type TestMailServices } from './send-test-mail.ts';

/** What a caller wants to be tested. */
export interface WantedTest {
  /** `true`: whatever was changed; `false`: not at all; absent: as `notices.testOnSave` has it. */
  readonly test?: 'true' | 'false' | undefined;
  /** Who gets it; the contacts if absent. */
  readonly testTo?: string | undefined;
  /** Name of an upstream; the default one if absent. */
  readonly testUpstream?: string | undefined;
}

/**
 * `apply` makes the change. What becomes of the test is in the answer: the change itself stands already, so a mail that cannot be sent is
 * told and nothing is thrown for it.
 */
export async function saveSettings(
  services: TestMailServices,
  apply: () => Promise<Applied>,
  by: string,
  wanted: WantedTest = {},
): Promise<Saved> {
  const { settings, log } = services;
  const before = settings.current();
  const applied = await apply();
  const after = settings.current();
  log.info({ by, revision: applied.revision }, 'Settings changed');
  if (!isWanted(before, after, wanted)) return applied;
  return { ...applied, test: await sendTest(services, after, by, wanted) };
}

function isWanted(before: Settings, after: Settings, { test }: WantedTest): boolean {
  if (test !== undefined) return test === 'true';
  if (!after.notices.testOnSave) return false;
  return MAIL.some((key) => !isDeepStrictEqual(before[key], after[key]));
}

/** What a test mail can say something about. */
const MAIL = ['upstreams', 'notices', 'contacts', 'defaultUpstream', 'routes', 'proxy'] as const;

/** Contacts that get it; the first ones of a long list. */
const MOST = 20;

async function sendTest(
  services: TestMailServices,
  { contacts, defaultUpstream, upstreams }: Settings,
  by: string,
  { testTo, testUpstream }: WantedTest,
): Promise<SavedTest> {
  const to = (testTo === undefined ? contacts.slice(0, MOST) : [testTo]).flatMap((typed) => {
    const parsed = address.safeParse(typed);
    return parsed.success ? [parsed.data] : [];
  });
  if (to.length === 0) {
    return { why: 'No test mail was sent: there are no contacts, and no other address was given.' };
  }
  const upstream = testUpstream ?? defaultUpstream;
  if (upstream !== undefined && !upstreams.some(({ name }) => name === upstream)) {
    return { why: `No test mail was sent: there is no upstream named ${upstream}.` };
  }
  try {
    const { id } = await sendTestMail(services, { to, upstream, by });
    return { id, to, ...(upstream === undefined ? {} : { upstream }) };
  } catch (error) {
    services.log.error({ err: error }, 'No test mail was sent after the settings were saved');
    const why =
      error instanceof RelayError && error.code !== 'internal' ? error.publicMessage : 'see the log';
    return { why: `No test mail was sent: ${why}` };
  }
}
