/**
 * Readiness: whether this node can take mail. Asks the store and the listeners and never an upstream, so that a mail
 * provider's bad day takes no node out of service. Every answer comes within the deadline; a check that hangs is not
 * started a second time, so that probes do not pile up on a sick store. Liveness needs nothing: an event loop that answers lives.
 */
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';

export interface HealthCheck {
  /** What is asked, e.g. `store`, `listeners`. */
  readonly name: string;
  /** Resolves when it is well; rejects with the reason. The text of a RelayError is shown, that of others is not. */
  check(): Promise<void>;
}

export interface CheckResult {
  readonly name: string;
  readonly ready: boolean;
  /** What is wrong, in one sentence. */
  readonly text?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly CheckResult[];
}

export interface Health {
  readiness(): Promise<Readiness>;
}

export function createHealth(options: {
  readonly checks: readonly HealthCheck[];
  readonly clock: Clock;
  /** Milliseconds that a check may take; 2,000 if absent. */
  readonly deadline?: number;
}): Health {
  const { clock, deadline = 2000 } = options;
  const askers = options.checks.map((check) => createAsker(check));
  let running: Promise<Readiness> | undefined;

  async function ask(): Promise<Readiness> {
    const checks = await Promise.all(
      askers.map((asker) => withDeadline(asker.name, asker.ask(), clock, deadline)),
    );
    return { ready: checks.every((check) => check.ready), checks };
  }
  return {
    readiness() {
      running ??= ask().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

/** Runs a check at most once at a time, however often it is asked. */
function createAsker(check: HealthCheck) {
  let pending: Promise<CheckResult> | undefined;
  async function run(): Promise<CheckResult> {
    try {
      await check.check();
      return { name: check.name, ready: true };
    } catch (error) {
      const text = error instanceof RelayError ? error.publicMessage : 'failed; the log says why';
      return { name: check.name, ready: false, text };
    } finally {
      pending = undefined;
    }
  }
  return {
    name: check.name,
    ask(): Promise<CheckResult> {
      pending ??= run();
      return pending;
    },
  };
}

async function withDeadline(
  name: string,
  asked: Promise<CheckResult>,
  clock: Clock,
  deadline: number,
): Promise<CheckResult> {
  const late = Promise.withResolvers<CheckResult>();
  const text = `did not answer within ${deadline / 1000} s`;
  const timer = clock.after(deadline, () => late.resolve({ name, ready: false, text }));
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    timer.cancel();
  }
}
