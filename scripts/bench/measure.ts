import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runLoadProcess, startSinkProcess } from './helpers.ts';
import { startPosternRelay } from './postern.ts';
import { startPostfixRelay } from './postfix.ts';
import { watchTree } from './process-tree.ts';
import { freePort } from './processes.ts';
import type { Scenario } from './scenarios.ts';

/** What one run of one subject showed. */
export interface Measurement {
  readonly subject: 'postern' | 'postfix';
  /** Messages a second, from the first connection until the sink has the last. */
  readonly rate: number;
  /** Messages a second until the last 250. */
  readonly acceptRate: number;
  /** Microseconds of CPU of all the subject's processes, per message. */
  readonly cpuPerMessage: number;
  /** Highest sum of the resident memory of all its processes, bytes. */
  readonly peakRss: number;
}

export interface RunOptions {
  readonly scenario: Scenario;
  readonly messages: number;
  readonly subject: 'postern' | 'postfix';
  readonly tools: 'postfix' | 'own';
  /** An empty directory, removed afterwards. */
  readonly directory: string;
  readonly profile?: string;
  /** Longest that the run may take, milliseconds. */
  readonly within: number;
}

/** Messages that warm caches, compilers and connections up before the clock runs; for every subject alike. */
const WARM_UP = 500;

/** One run: a fresh subject with an empty queue and a fresh sink. */
export async function measure(options: RunOptions): Promise<Measurement> {
  const { scenario, messages, subject, tools, within } = options;
  const sink = await startSinkProcess({ roundTrip: scenario.roundTrip, tools, freePort });
  const relay = await startRelay(options, sink.port).catch(async (error: unknown) => {
    await sink.stop();
    throw error;
  });
  try {
    const warmUp = scenario.size > 1_000_000 || scenario.roundTrip > 0 ? scenario.connections : WARM_UP;
    await runLoadProcess({ ...scenario, size: 10_000 }, warmUp, relay.port, tools, within);
    await sink.reached(warmUp, within);
    const watch = watchTree(relay.pid);
    const arrived = sink.reached(warmUp + messages, within);
    const [load, lastAt] = await Promise.all([
      runLoadProcess(scenario, messages, relay.port, tools, within),
      arrived,
    ]);
    const { cpu, peakRss } = watch.finish();
    return {
      subject,
      rate: (messages / (lastAt - load.startedAt)) * 1000,
      acceptRate: (messages / (load.endedAt - load.startedAt)) * 1000,
      cpuPerMessage: cpu / messages,
      peakRss,
    };
  } finally {
    await relay.stop();
    await sink.stop();
    await rm(options.directory, { recursive: true, force: true });
  }
}

/** Syncs per accepted message, counted by strace in a run of its own since watching costs time. */
export async function countSyncs(options: RunOptions): Promise<number> {
  const { scenario, messages, tools, within } = options;
  const counts = `${options.directory}.syncs`;
  const sink = await startSinkProcess({ roundTrip: 0, tools, freePort });
  try {
    await mkdir(options.directory, { recursive: true });
    const under = [
      'strace',
      '-f',
      '--seccomp-bpf',
      '-c',
      '-o',
      counts,
      '-e',
      'trace=fsync,fdatasync,sync_file_range,syncfs',
    ];
    const relay = await startRelay(options, sink.port, under);
    try {
      await Promise.all([
        runLoadProcess(scenario, messages, relay.port, tools, within),
        sink.reached(messages, within),
      ]);
    } finally {
      await relay.stop();
    }
    const lines = (await readFile(counts, 'utf8')).split('\n');
    const calls = lines.map((line) => /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*sync/.exec(line)?.[1] ?? '0');
    return calls.reduce((sum, each) => sum + Number(each), 0) / messages;
  } finally {
    await sink.stop();
    await rm(counts, { force: true });
    await rm(options.directory, { recursive: true, force: true });
  }
}

function startRelay(options: RunOptions, sinkPort: number, under?: readonly string[]) {
  const { subject, directory, scenario, profile } = options;
  const common = {
    sinkPort,
    connections: scenario.connections,
    directory: join(directory, subject),
    ...(under === undefined ? {} : { under }),
  };
  if (subject === 'postfix') return startPostfixRelay(common);
  return startPosternRelay(profile === undefined ? common : { ...common, profile });
}
