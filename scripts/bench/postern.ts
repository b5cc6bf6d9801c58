import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, greeted, run, startChild } from './processes.ts';
import type { Subject, SubjectOptions } from './subject.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

/** How a Postern is started. */
export interface PosternOptions {
  /** Gets the settings file, the log and, in `data/`, the data directory; may be from the start before. */
  readonly directory: string;
  /** The settings document, given the port that its listener is to have. */
  readonly settings: (port: number) => unknown;
  /** SMTP port; a free one if absent. */
  readonly port?: number;
  /** Store, where it is not SQLite inside the directory. */
  readonly database?: string;
  /** Directory for CPU profiles; none are written if absent. */
  readonly profile?: string;
  /** Put in front of the command, to watch its system calls. */
  readonly under?: readonly string[];
  /** Milliseconds until it has to greet. */
  readonly within?: number;
  /** Port of the admin; a free one if absent. */
  readonly admin?: number;
  /** More flags of `postern serve`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A running Postern. */
export interface RunningPostern extends Subject {
  /** Milliseconds from starting the process to its greeting. */
  readonly readyAfter: number;
  /** SIGKILL, as a crash would end it. */
  kill(): Promise<void>;
  /** Runs a command of `scripts/postern` against it and returns what it prints. */
  command(...argv: string[]): Promise<string>;
  log(): Promise<string>;
}

/** Starts Postern as an operator would; resolves when it greets. */
export async function startPostern(options: PosternOptions): Promise<RunningPostern> {
  const { directory } = options;
  const [port, admin] = [options.port ?? (await freePort()), options.admin ?? (await freePort())];
  const settings = join(directory, 'settings.json');
  const data = join(directory, 'data');
  const log = join(directory, 'log.jsonl');
  await mkdir(directory, { recursive: true });
  await writeFile(settings, JSON.stringify(options.settings(port), undefined, 2));
  const command = [...(options.under ?? []), join(CHECKOUT, 'scripts/postern'), 'serve'];
  command.push(`--data=${data}`, `--settings=${settings}`);
  command.push(`--admin=127.0.0.1:${admin}`, '--log-format=json');
  if (options.database !== undefined) command.push(`--database=${options.database}`);
  command.push(...(options.flags ?? []));
  const startedAt = performance.now();
  const profiling = options.profile === undefined ? '' : `--cpu-prof --cpu-prof-dir=${options.profile}`;
  const child = startChild(command, {
    wraps: options.under !== undefined,
    output: log,
    env: { ...(profiling === '' ? {} : { NODE_OPTIONS: profiling }), ...options.env },
  });
  try {
    await greeted(port, options.within ?? 20_000, child.alive);
  } catch (error) {
    await child.kill();
    const said = await readFile(log, 'utf8').catch(() => '');
    throw new Error(`Postern did not start: ${said.slice(-2000)}`, { cause: error });
  }
  return {
    name: 'postern',
    port,
    pid: child.pid,
    readyAfter: performance.now() - startedAt,
    stop: () => child.stop(30_000),
    kill: child.kill,
    log: () => readFile(log, 'utf8'),
    command(...argv) {
      const place = [`--admin=127.0.0.1:${admin}`, `--data=${data}`];
      return run(join(CHECKOUT, 'scripts/postern'), [...argv, ...place], { within: 30_000 });
    },
  };
}

/** One plain listener for this machine, and everything goes to a plain sink. */
export function relaySettings(sinkPort: number, connections: number) {
  return (port: number) => ({
    listeners: [{ name: 'bench', address: '127.0.0.1', port, security: 'none' }],
    clients: [{ name: 'bench', networks: ['127.0.0.0/8'] }],
    upstreams: [
      {
        name: 'sink',
        kind: 'smtp',
        host: '127.0.0.1',
        port: sinkPort,
        security: 'none',
        limits: { connections },
      },
    ],
    defaultUpstream: 'sink',
  });
}

/** Postern as a subject of the bench. */
export function startPosternRelay(
  options: SubjectOptions & { readonly profile?: string },
): Promise<RunningPostern> {
  const { sinkPort, connections, ...rest } = options;
  return startPostern({ ...rest, settings: relaySettings(sinkPort, connections) });
}
