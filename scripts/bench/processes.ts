import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { descendants } from './process-tree.ts';

/**
 * Child processes of the bench and of the tests with whole programs. Every one that was started is ended, by its own
 * process id, when it is stopped or when this process exits, however that comes about.
 */

/** A running child. */
export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Resolves when it has ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  alive(): boolean;
  /** Sends SIGTERM, and SIGKILL after `within` milliseconds; resolves when it has ended. */
  stop(within?: number): Promise<void>;
  /** Sends SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The program runs another one that is meant (strace does): signals go to that. */
  readonly wraps?: boolean;
  /** File that standard output and standard error are appended to; dropped if absent. */
  readonly output?: string;
  /** Called with each line of standard output; then `output` gets standard error only. */
  readonly onLine?: (line: string) => void;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(128 + (signal === 'SIGINT' ? 2 : 15)));
}

/** Starts a program: its name, then its arguments. */
export function startChild([program = '', ...argv]: readonly string[], options: ChildOptions = {}): Child {
  const output = options.output === undefined ? ('ignore' as const) : openSync(options.output, 'a');
  const stdio: SpawnOptions['stdio'] = ['ignore', options.onLine === undefined ? output : 'pipe', output];
  const started = spawn(program, argv, {
    stdio,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (typeof output === 'number') closeSync(output);
  running.add(started);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    started.once('error', () => resolve(127)); // no such program
    started.once('exit', (code, signal) => resolve(code ?? signal ?? 1));
  }).finally(() => running.delete(started));
  if (options.onLine !== undefined) readLines(started, options.onLine);
  const send = (signal: NodeJS.Signals) => {
    const meant = options.wraps === true ? descendants(started.pid ?? 0)[1] : undefined;
    if (meant === undefined || !running.has(started)) started.kill(signal);
    else process.kill(meant, signal);
  };
  const kill = async () => {
    send('SIGKILL');
    await ended;
  };
  return {
    pid: started.pid ?? 0,
    process: started,
    ended,
    kill,
    alive: () => running.has(started),
    async stop(within = 10_000) {
      send('SIGTERM');
      const late = new AbortController();
      await Promise.race([ended, wait(within, undefined, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
      await kill();
    },
  };
}

/** Lines end in LF or, from programs that draw counters, in CR. */
function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8');
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

/** Runs a program to its end and returns what it printed; throws with its words when it fails or takes too long. */
export async function run(
  command: string,
  argv: readonly string[],
  options: { within?: number; input?: string; env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<string> {
  const within = options.within ?? 60_000;
  const child = spawn(command, argv, {
    stdio: 'pipe',
    timeout: within,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let printed = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? signal ?? 1));
  });
  if (code !== 0)
    throw new Error(`${command} ended with ${code}: ${(complaint || printed).trim().slice(-2000)}`);
  return printed;
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  // The system may name the same port again before anybody has taken it.
  for (;;) {
    const port = await unusedPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

const given = new Set<number>();

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port was given');
  return address.port;
}

/** Resolves when something on this port of 127.0.0.1 has sent its first bytes; rejects after `within` milliseconds. */
export async function greeted(
  port: number,
  within = 20_000,
  still: () => boolean = () => true,
): Promise<void> {
  const deadline = performance.now() + within;
  while (performance.now() < deadline && still()) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.setTimeout(1000, () => socket.destroy());
      socket.once('data', () => {
        resolve(true);
        socket.end('QUIT\r\n');
      });
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
    });
    if (answered) return;
    await wait(5);
  }
  const why = still() ? `within ${within} ms` : 'before the process ended';
  throw new Error(`nothing greeted on 127.0.0.1:${port} ${why}`);
}
