/*
 * A real Postern for the demonstration: `scripts/postern serve` as a process of its own, in a directory that is removed afterwards.
 */
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const POSTERN = fileURLToPath(new URL('../postern', import.meta.url));
/** Milliseconds until it has to be ready, and until it has to be gone. */
const START_DEADLINE = 30_000;
const STOP_DEADLINE = 15_000;

export type LogLine = Readonly<Record<string, unknown>>;

export interface PosternProcess {
  /** Runs a command such as `import-cert` against it; resolves with what it prints. */
  command(...words: readonly string[]): Promise<string>;
  stop(): Promise<void>;
  /** Ends it at once; for the moment when this process itself ends. */
  kill(): void;
}

/** Starts it and waits until it is ready. `heard` gets every line of its log. */
export async function startPostern(
  options: { readonly directory: string; readonly settings: string; readonly admin: string },
  heard: (line: LogLine) => void,
): Promise<PosternProcess> {
  const { directory, settings, admin } = options;
  const place = ['--data', directory, '--admin', admin];
  // In a group of its own, so that Ctrl-C reaches the demonstration alone, which then ends it in order.
  const child = spawn(POSTERN, ['serve', ...place, '--settings', settings, '--log-format', 'json'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Postern was not ready in time: ${said.join('\n')}`)),
      START_DEADLINE,
    );
    void gone.then(() => reject(new Error(`Postern ended: ${said.join('\n')}`)));
    child.once('error', reject);
    createInterface({ input: child.stderr }).on('line', (text) => {
      said.push(text);
      said.splice(0, said.length - 20);
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = parse(text);
      if (line === undefined) return;
      heard(line);
      if (line['msg'] !== 'Postern is ready') return;
      clearTimeout(timer);
      resolve();
    });
  });
  const kill = () => void child.kill('SIGKILL');
  try {
    await ready;
  } catch (error) {
    kill();
    throw error;
  }
  return {
    kill,
    async command(...words) {
      const { stdout } = await promisify(execFile)(POSTERN, [...words, ...place]);
      return stdout;
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, STOP_DEADLINE);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** A port of this machine that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (typeof address !== 'object' || address === null) throw new Error('No free port');
  return address.port;
}

function parse(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
