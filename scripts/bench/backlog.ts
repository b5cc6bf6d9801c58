import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runLoadProcess, startSinkProcess } from './helpers.ts';
import { startPosternRelay } from './postern.ts';
import { watchTree } from './process-tree.ts';
import { freePort } from './processes.ts';
import type { Scenario } from './scenarios.ts';

/** What a backlog does to Postern: how it takes mail while nothing goes out, and how it starts with all of it waiting. */
export interface BacklogMeasurement {
  readonly messages: number;
  /** Messages a second that were taken, for the first and for the last thousand. */
  readonly firstThousand: number;
  readonly lastThousand: number;
  /** Milliseconds from starting the process until the sink has its first message. */
  readonly firstDelivery: number;
  /** Messages a second that then went out. */
  readonly drainRate: number;
  /** Bytes, while taking and while draining. */
  readonly peakRss: number;
}

const STEP = 1000;

/** Fills the queue while the upstream refuses connections, stops, and starts again with an upstream that works. */
export async function measureBacklog(options: {
  readonly scenario: Scenario;
  readonly messages: number;
  readonly tools: 'postfix' | 'own';
  readonly directory: string;
  readonly within: number;
}): Promise<BacklogMeasurement> {
  const { scenario, messages, tools, directory, within } = options;
  const place = { connections: scenario.connections, directory: join(directory, 'postern') };
  const steps = Math.max(2, Math.ceil(messages / STEP));
  const rates: number[] = [];
  try {
    const nowhere = await freePort();
    const filling = await startPosternRelay({ ...place, sinkPort: nowhere });
    const fillWatch = watchTree(filling.pid);
    try {
      await runLoadProcess(scenario, STEP, filling.port, tools, within); // compilers warm up on these
      for (let step = 1; step < steps; step += 1) {
        const load = await runLoadProcess(scenario, STEP, filling.port, tools, within);
        rates.push((STEP / (load.endedAt - load.startedAt)) * 1000);
      }
    } finally {
      await filling.stop();
    }
    const filled = fillWatch.finish();

    const sink = await startSinkProcess({ roundTrip: 0, tools, freePort });
    try {
      const firstAt = sink.reached(1, within);
      const startedAt = performance.now();
      const draining = await startPosternRelay({ ...place, sinkPort: sink.port });
      const drainWatch = watchTree(draining.pid);
      try {
        const first = await firstAt;
        const last = await sink.reached(steps * STEP, within);
        return {
          messages: steps * STEP,
          firstThousand: rates[0] ?? 0,
          lastThousand: rates.at(-1) ?? 0,
          firstDelivery: first - startedAt,
          drainRate: ((steps * STEP - 1) / (last - first)) * 1000,
          peakRss: Math.max(filled.peakRss, drainWatch.finish().peakRss),
        };
      } finally {
        await draining.stop();
      }
    } catch (error) {
      const log = await readFile(join(directory, 'postern', 'log.jsonl'), 'utf8').catch(() => '');
      throw new Error(`the backlog did not drain; the log ends: ${log.slice(-1000)}`, { cause: error });
    } finally {
      await sink.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
