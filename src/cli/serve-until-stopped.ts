/**
 * The life of `postern serve`: starts, says where it can be reached, and stops when it is told to. Promises that a stop
 * ends within its deadline, that a second signal ends at once, and that the last line of the log is written in every case.
 */
import type { App } from '../app.ts';
import type { OwnedLog } from '../observe/log.ts';
import { errorText, RelayError } from '../shared/errors.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { safe } from './output.ts';
import { printFaults } from './print-faults.ts';

/** Milliseconds that deliveries under way have to finish; less than the 10 s after which container runtimes kill. */
const STOP_DEADLINE = 8000;
/** Milliseconds beyond the deadline after which the process ends although something does not let go. */
const GRACE = 1500;
/** After a fault of ours nothing is sure: what can be finished quickly is finished. */
const FATAL_DEADLINE = 2000;

/** The part of `process` that is used; tests give their own. */
export interface ProcessLike {
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  exit(code: number): never;
}

export interface Served {
  readonly create: () => Promise<App>;
  readonly owned: OwnedLog;
  readonly process: ProcessLike;
  readonly err: (text: string) => void;
  readonly version: string;
  /** Milliseconds; for tests. */
  readonly deadline?: number;
}

type End =
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'fatal'; readonly error: unknown };

/** Resolves with the exit code when everything is closed. */
export async function serveUntilStopped(served: Served): Promise<number> {
  const { owned, process, err, version, deadline = STOP_DEADLINE } = served;
  const { log } = owned;
  const end = Promise.withResolvers<End>();
  let app: App | undefined;
  let ending = false;

  const now = (code: number) => {
    owned.flush();
    process.exit(code);
  };
  const onSignal = (signal: unknown) => {
    if (ending) {
      log.warn('Second signal: ending at once; what was under way is tried again after the next start');
      now(1);
    }
    ending = true;
    end.resolve({ kind: 'signal', signal: String(signal) });
  };
  const onFatal = (error: unknown) => {
    log.fatal({ error }, 'A fault of Postern itself; it stops. Accepted mail is safe in the store');
    owned.flush();
    if (ending) now(1);
    ending = true;
    end.resolve({ kind: 'fatal', error });
  };
  const onReload = () => {
    log.info('SIGHUP: reading the settings again');
    void app?.settings
      .reload()
      .catch((error: unknown) => log.error({ error }, 'The settings could not be read again'));
  };
  const listeners: readonly (readonly [string, (value: unknown) => void])[] = [
    ['SIGTERM', onSignal],
    ['SIGINT', onSignal],
    ['SIGHUP', onReload],
    ['uncaughtException', onFatal],
    ['unhandledRejection', onFatal],
  ];
  for (const [event, listener] of listeners) process.on(event, listener);

  try {
    const started = (async () => {
      app = await served.create();
      await app.start();
      announce(app, owned, version, err);
    })();
    // A stop that comes during the start waits for the start: half of it cannot be closed properly.
    await started;
    const why = await end.promise;
    if (why.kind === 'signal') log.info({ signal: why.signal, seconds: deadline / 1000 }, 'Stopping');
    const stopped = await stopWithin(app, why.kind === 'fatal' ? FATAL_DEADLINE : deadline);
    if (!stopped)
      log.warn('Something did not let go in time; what was under way is tried again after the next start');
    log.info('Stopped');
    owned.flush();
    if (!stopped) process.exit(why.kind === 'fatal' ? 1 : 0);
    return why.kind === 'fatal' ? 1 : 0;
  } catch (error) {
    owned.flush();
    tellWhy(error, err);
    return 1;
  } finally {
    owned.flush();
    for (const [event, listener] of listeners) process.off(event, listener);
  }
}

/** False when the time is over before everything is closed. */
async function stopWithin(app: App | undefined, deadline: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), deadline + GRACE);
  const stop = async () => {
    await app?.stop(deadline);
    return true;
  };
  try {
    return await Promise.race([stop(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Where it can be reached, and what to do next. */
function announce(app: App, owned: OwnedLog, version: string, err: Served['err']): void {
  const { log } = owned;
  const { host, port, secure } = app.admin.address();
  const admin = `${secure ? 'https' : 'http'}://${endpoint(host, port)}`;
  log.info({ admin }, `Admin on ${admin}, see ${ownCommand('--help')}`);
  const { defaultUpstream, upstreams } = app.settings.current();
  if (defaultUpstream === undefined && upstreams.every(({ kind }) => kind === 'test-relay')) {
    log.info(
      `No upstream is set: mail is held in the test relay, not sent. Set one on the page, or with ${ownCommand('settings apply FILE')}`,
    );
  }
  log.info({ version, pid: process.pid }, 'Postern is ready');
  const setupLink = app.setupLink();
  if (setupLink === undefined) return;
  owned.flush();
  // Past the log: whoever reads that later shall not become an administrator.
  err(`\nOpen this link in a browser to begin. It works once:\n\n  ${setupLink.reveal()}\n\n`);
}

function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Why it did not start, in one clear text. */
function tellWhy(error: unknown, err: (text: string) => void): void {
  if (!(error instanceof RelayError)) {
    err(`postern serve: could not start: ${safe(errorText(error))}\n`);
    return;
  }
  err(`postern serve: could not start: ${safe(error.publicMessage)}\n`);
  printFaults(error.faults, err);
  if (error.hint !== undefined) err(`${safe(error.hint)}\n`);
}
