/** Proves step by step whether an upstream takes mail; each step is sent when it is over. */
import type { Caller } from '../../access/caller.ts';
import type { TestResult } from '../../delivery/upstream-tests.ts';
import type { Verify, VerifyStep } from '../../delivery/verify/step.ts';
import { type Settings, TEST_RELAY } from '../../settings/schema.ts';
import { type UpstreamSettings, upstreamSchema } from '../../settings/schema-upstreams.ts';
import { RelayError } from '../../shared/errors.ts';
import { authorOf } from '../author.ts';
import {
  type VerifyLine,
  type VerifyResult,
  verifyLineSchema,
  verifyRequestSchema,
} from '../contract-verify.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

/** Each holds connections to the outside for up to two minutes. */
const AT_ONCE = 4;

export function verifyRoutes({
  settings,
  verify,
  upstreamTests,
  log,
}: Pick<AdminServices, 'settings' | 'upstreamTests' | 'log'> & {
  readonly verify: Verify;
}): readonly Route[] {
  let running = 0;
  return [
    route({
      method: 'post',
      path: '/api/v1/verify',
      access: 'upstreams.verify',
      summary:
        'Verifies an upstream, of the settings in force or of some that are not saved (needs settings.write too); a stream of JSON lines: a step each, then the result. `sendTo` needs mail.send too.',
      params: nothing,
      query: nothing,
      body: verifyRequestSchema,
      api: { mediaType: 'application/x-ndjson', item: verifyLineSchema, refusals: [404, 422] },
      audit({ call: { body } }) {
        const unsaved = body.settings === undefined ? '' : ' with settings that are not saved';
        const mail = body.sendTo === undefined ? '' : `, with a mail to ${body.sendTo}`;
        return {
          action: 'upstreams.verified',
          subject: body.upstream,
          text: `Began to verify the upstream ${body.upstream}${unsaved}${mail}.`,
        };
      },
      handle({ body, by, caller, signal }) {
        requireMore(caller, body);
        const document =
          body.settings === undefined ? settings.current() : settings.draft(body.settings, authorOf(caller));
        const upstream = upstreamOf(document, body.upstream);
        if (running >= AT_ONCE) {
          throw new RelayError('overloaded', `${AT_ONCE} verifications are running; wait until one is over.`);
        }
        running += 1;
        let released = false;
        const release = (): void => {
          if (!released) running -= 1;
          released = true;
        };
        log.info({ by, upstream: upstream.name, sendTo: body.sendTo }, 'Verifying an upstream');
        const { recipient, sendTo, senders = [] } = body;
        const request = {
          upstream,
          senders,
          ...(recipient === undefined ? {} : { recipient }),
          ...(sendTo === undefined ? {} : { sendTo }),
        };
        return {
          headers: { 'Content-Type': 'application/x-ndjson; charset=utf-8', 'X-Accel-Buffering': 'no' },
          chunks: lines(
            () => verify(request, signal),
            release,
            async (steps) => {
              if (!signal.aborted) await upstreamTests?.record(upstream, testResult(steps, by, sendTo));
            },
          ),
          discard: async () => release(),
        };
      },
    }),
  ];
}

/**
 * Settings that are not saved can name any host, which is for those who could save them; and a mail is for those who may send one.
 */
function requireMore(
  { permissions }: Caller,
  { settings, sendTo }: { readonly settings?: unknown; readonly sendTo?: string | undefined },
): void {
  if (settings !== undefined && !permissions.has('settings.write')) {
    throw new RelayError(
      'forbidden',
      'To try settings that are not saved, one has to be allowed to change them.',
    );
  }
  if (sendTo !== undefined && !permissions.has('mail.send')) {
    throw new RelayError('forbidden', 'To have a mail sent, one has to be allowed to send test mail.');
  }
}

function upstreamOf({ upstreams }: Settings, name: string): UpstreamSettings {
  const found = upstreams.find((upstream) => upstream.name === name);
  if (found) return found;
  if (name === TEST_RELAY) return upstreamSchema.parse({ name, kind: 'test-relay' });
  const names = upstreams.map((upstream) => upstream.name).join(', ');
  throw new RelayError('not-found', `There is no upstream named ${name}.`, {
    hint: names === '' ? 'No upstream is configured.' : `There are: ${names}.`,
  });
}

async function* lines(
  begin: () => AsyncIterable<VerifyStep>,
  release: () => void,
  ended: (steps: readonly VerifyStep[]) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const steps: VerifyStep[] = [];
  try {
    for await (const step of begin()) {
      steps.push(step);
      yield line(step);
    }
    await ended(steps);
    yield line({ result: worst(steps) });
  } finally {
    release();
  }
}

function worst(steps: readonly VerifyStep[]): VerifyResult {
  if (steps.some(({ result }) => result === 'failed')) return 'failed';
  return steps.some(({ result }) => result === 'warning') ? 'warning' : 'ok';
}

/** What is kept of it. */
function testResult(steps: readonly VerifyStep[], by: string, sendTo: string | undefined): TestResult {
  const result = worst(steps);
  const telling = steps.find((step) => step.result === result);
  const sent = steps.some(({ step, result: how }) => step === 'message' && how === 'ok');
  return {
    result,
    by,
    ...(sent && sendTo !== undefined ? { sentTo: sendTo } : {}),
    ...(result === 'ok' || telling === undefined
      ? {}
      : { text: [telling.text, telling.cause].filter((part) => part !== undefined).join(' ') }),
  };
}

/** Nothing leaves that the contract does not name. */
function line(value: VerifyStep | VerifyLine): Uint8Array {
  return Buffer.from(`${JSON.stringify(verifyLineSchema.parse(value))}\n`);
}
