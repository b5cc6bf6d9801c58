import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, greeted, startChild } from './processes.ts';
import type { Subject, SubjectOptions } from './subject.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

export interface PosternOptions extends SubjectOptions {
  /** Directory for CPU profiles; none are written if absent. */
  readonly profile?: string;
}

/** Starts Postern as an operator would, with one listener and the sink as its upstream; resolves when it greets. */
export async function startPostern(
  options: PosternOptions,
): Promise<Subject & { readonly readyAfter: number }> {
  const [port, admin] = [await freePort(), await freePort()];
  const settings = join(options.directory, 'settings.json');
  await mkdir(options.directory, { recursive: true });
  await writeFile(settings, JSON.stringify(settingsFor(port, options), undefined, 2));
  const argv = [
    ...(options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`]),
    join(CHECKOUT, 'src/main.ts'),
    'serve',
    `--data=${join(options.directory, 'data')}`,
    `--settings=${settings}`,
    `--admin=127.0.0.1:${admin}`,
    '--log-format=json',
  ];
  const command = [...(options.under ?? []), process.execPath, ...argv];
  const startedAt = performance.now();
  const log = join(options.directory, 'log.jsonl');
  const child = startChild(command, {
    wraps: options.under !== undefined,
    output: log,
  });
  try {
    await greeted(port, 20_000, child.alive);
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
  };
}

function settingsFor(port: number, options: SubjectOptions) {
  return {
    listeners: [{ name: 'bench', address: '127.0.0.1', port, security: 'none' }],
    clients: [{ name: 'bench', networks: ['127.0.0.0/8'] }],
    upstreams: [
      {
        name: 'sink',
        kind: 'smtp',
        host: '127.0.0.1',
        port: options.sinkPort,
        security: 'none',
        limits: { connections: options.connections },
      },
    ],
    defaultUpstream: 'sink',
  };
}
