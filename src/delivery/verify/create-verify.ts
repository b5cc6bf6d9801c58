import { lookup as systemLookup } from 'node:dns';
import { createChannel } from './channel.ts';
import { freshTokens } from './fresh-tokens.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { Verify, VerifyRequest, VerifyStep, VerifyStepName } from './step.ts';
import type { Finding, Verification, VerifyDependencies } from './verification.ts';
import { verifyApi } from './verify-api.ts';
import { verifySmtp } from './verify-smtp.ts';

/** The whole of a verification, ms. */
const TWO_MINUTES = 115_000;

const FAULT = 'This could not be verified for a fault in Postern; see its log.';

/**
 * Proves that an upstream takes mail, with the code and the ways out that deliveries use. Promises: each step is told when it is over; the
 * last one comes within two minutes; nothing is thrown; no secret and no token is in what is told; nothing is stored, and no
 * circuit or limit of a delivery hears of it.
 */
export function createVerify(deps: VerifyDependencies): Verify {
  return (request, signal) => {
    const stop = new AbortController();
    const channel = createChannel<VerifyStep>(() => stop.abort());
    const leave = (): void => stop.abort();
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    let late = false;
    const timer = deps.clock.after(TWO_MINUTES, () => {
      late = true;
      stop.abort();
    });
    const tokens = deps.provider === undefined ? deps.tokens : freshTokens(deps.tokens, deps.provider);
    const hidden = hideSecrets(deps.reveal, tokens);
    const run = createRun(
      { ...deps, reveal: hidden.reveal, tokens: hidden.tokens },
      request,
      stop.signal,
      () => (late ? 'Two minutes are over.' : 'The verification was given up.'),
      (step) => channel.push(hidden.clean(step)),
    );
    void takeSteps(run)
      .catch((error: unknown) => {
        deps.log.error({ err: error }, 'A verification failed for a fault in Postern');
        run.tell({ step: 'settings', result: 'failed', milliseconds: 0, text: FAULT });
      })
      .finally(() => {
        timer.cancel();
        signal.removeEventListener('abort', leave);
        channel.end();
      });
    return channel;
  };
}

async function takeSteps(run: Verification): Promise<void> {
  const { upstream } = run;
  switch (upstream.kind) {
    case 'test-relay':
      run.tell({
        step: 'settings',
        result: 'ok',
        milliseconds: 0,
        text: 'This is the test relay: it holds mail and shows it, and nothing leaves.',
      });
      return;
    case 'smtp':
      await verifySmtp(run, upstream);
      return;
    case 'graph':
    case 'gmail':
      await verifyApi(run, upstream);
  }
}

function createRun(
  deps: VerifyDependencies,
  request: VerifyRequest,
  signal: AbortSignal,
  stopped: () => string,
  tell: (step: VerifyStep) => void,
): Verification {
  const { clock, log } = deps;

  async function within(
    limit: number,
    work: (signal: AbortSignal) => Promise<Finding> | Finding,
  ): Promise<Finding> {
    const own = new AbortController();
    const either = AbortSignal.any([signal, own.signal]);
    const ended = Promise.withResolvers<Finding>();
    const timer = clock.after(limit, () => own.abort());
    // What the work itself makes of the end is better, where it comes at once.
    const over = (): void => {
      setImmediate(() =>
        ended.resolve({
          result: 'failed',
          text: signal.aborted ? stopped() : `It did not end within ${limit / 1000} seconds.`,
        }),
      );
    };
    either.addEventListener('abort', over, { once: true });
    try {
      return await Promise.race([Promise.resolve(work(either)), ended.promise]);
    } finally {
      timer.cancel();
      either.removeEventListener('abort', over);
    }
  }

  return {
    ...deps,
    lookup: deps.lookup ?? systemLookup,
    request,
    upstream: request.upstream,
    signal,
    stopped,
    tell,
    skip: (step, why, subject) =>
      tell({
        step,
        result: 'skipped',
        milliseconds: 0,
        text: why,
        ...(subject === undefined ? {} : { subject }),
      }),
    async run(step: VerifyStepName, limit, work, subject) {
      const began = clock.monotonic();
      const about = subject === undefined ? {} : { subject };
      let finding: Finding;
      if (signal.aborted) finding = { result: 'skipped', text: stopped() };
      else {
        finding = await within(limit, work).catch((error: unknown) => {
          log.error({ err: error, step, upstream: request.upstream.name }, 'A step of a verification failed');
          return {
            result: 'failed',
            text: 'This could not be verified for a fault in Postern; see its log.',
          };
        });
      }
      const told: VerifyStep = {
        step,
        ...about,
        milliseconds: Math.round(clock.monotonic() - began),
        ...finding,
      };
      tell(told);
      return told;
    },
  };
}
