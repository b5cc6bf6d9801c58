/** What the tests of a verification have in common: everything it uses, and its steps as they came. */
import { createVerify } from '../../../src/delivery/verify/create-verify.ts';
import type { VerifyRequest, VerifyStep } from '../../../src/delivery/verify/step.ts';
import type { VerifyDependencies } from '../../../src/delivery/verify/verification.ts';
import { createDial } from '../../../src/network/dial.ts';
import type { AccessToken, NoToken, TokenSource } from '../../../src/oauth/token-source.ts';
import { withPresets } from '../../../src/settings/presets.ts';
import { type SettingsInput, settingsSchema } from '../../../src/settings/schema.ts';
import type { UpstreamSettings } from '../../../src/settings/schema-upstreams.ts';
import { toJson } from '../../../src/settings/to-json.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { systemRandom } from '../../../src/shared/random.ts';
import { Secret } from '../../../src/shared/secret.ts';
import { noHttp, noTokens } from '../../support/outside.ts';
import { recordLog } from '../../support/recorded-log.ts';
import { smtpUpstream, testTrustAnchors, type UpstreamInput } from '../support.ts';

export interface Verified {
  readonly steps: readonly VerifyStep[];
  /** Steps and results in order: `tcp ok, greeting failed`. */
  readonly summary: string;
  step(name: string): VerifyStep | undefined;
}

/** Parses an upstream of the settings. */
export function parsedUpstream(upstream: UpstreamInput): UpstreamSettings {
  const document: SettingsInput = { upstreams: [upstream] };
  const [parsed] = settingsSchema.parse(withPresets(toJson(document).value)).upstreams;
  if (!parsed) throw new Error('no upstream');
  return parsed;
}

export type VerifyOptions = Partial<VerifyDependencies> &
  Partial<Omit<VerifyRequest, 'upstream'>> & {
    readonly authorities?: readonly string[];
    readonly signal?: AbortSignal;
  };

/** Everything that a verification needs; secrets are revealed as they stand in `value`. */
export function verifyDependencies(options: VerifyOptions = {}): VerifyDependencies {
  return {
    reveal: (source) => Promise.resolve(new Secret('value' in source ? source.value : '')),
    tokens: noTokens,
    http: noHttp,
    dial: createDial(),
    trustAnchors: testTrustAnchors(options.authorities ?? []),
    hostname: () => 'postern.test',
    clock: systemClock,
    random: systemRandom,
    log: recordLog().log,
    ...options,
  };
}

export async function verifyUpstream(
  upstream: UpstreamInput | UpstreamSettings,
  options: VerifyOptions = {},
): Promise<Verified> {
  const { senders = [], recipient, sendTo, signal = new AbortController().signal } = options;
  const verify = createVerify(verifyDependencies(options));
  const request = {
    upstream:
      'limits' in upstream && 'from' in upstream && isParsed(upstream) ? upstream : parsedUpstream(upstream),
    senders,
    ...(recipient === undefined ? {} : { recipient }),
    ...(sendTo === undefined ? {} : { sendTo }),
  };
  const steps: VerifyStep[] = [];
  for await (const step of verify(request, signal)) steps.push(step);
  return {
    steps,
    summary: steps.map(({ step, result }) => `${step} ${result}`).join(', '),
    step: (name) => steps.findLast(({ step }) => step === name),
  };
}

function isParsed(upstream: UpstreamInput | UpstreamSettings): upstream is UpstreamSettings {
  const { limits } = upstream;
  return typeof limits === 'object' && typeof limits.idle === 'number';
}

/** An SMTP upstream at 127.0.0.1 with short waits. */
export function localUpstream(port: number, more: Partial<UpstreamInput> = {}): UpstreamInput {
  return {
    ...smtpUpstream(port),
    timeout: { connect: '1s', command: '1s', data: '1s' },
    ...more,
  } as UpstreamInput;
}

/** A token source that always answers the same. */
export function tokenSource(answer: AccessToken | NoToken): TokenSource & { readonly refusals: Secret[] } {
  const refusals: Secret[] = [];
  return {
    refusals,
    token: () => Promise.resolve(answer),
    refused: (_request, token) => void refusals.push(token),
  };
}
