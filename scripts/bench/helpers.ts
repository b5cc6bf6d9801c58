import { join } from 'node:path';
import { smtpToolsAreHere } from './postfix.ts';
import { type Child, startChild } from './processes.ts';
import type { Scenario } from './scenarios.ts';

/**
 * Sink, distance and load as processes of their own: Postfix's smtp-sink and smtp-source where they are installed, since
 * nobody can say that those favour Postern, and our own otherwise.
 */

const HELPER = [process.execPath, join(import.meta.dirname, 'helper-process.ts')];
const PORT_WITHIN = 10_000;

/** A sink that has been started, perhaps with a distance in front of it. */
export interface RunningSink {
  /** Where mail goes. */
  readonly port: number;
  /** Messages taken so far. */
  count(): number;
  /** Resolves when the sink has so many; rejects when `within` milliseconds pass first. */
  reached(count: number, within: number): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a sink on a port, or any; `roundTrip` milliseconds away. */
export async function startSinkProcess(options: {
  readonly roundTrip: number;
  readonly tools: 'postfix' | 'own';
  readonly freePort: () => Promise<number>;
}): Promise<RunningSink> {
  let count = 0;
  let waiting: { readonly goal: number; resolve(at: number): void } | undefined;
  const counted = (now: number) => {
    count = Math.max(count, now);
    if (waiting === undefined || count < waiting.goal) return;
    waiting.resolve(performance.now());
    waiting = undefined;
  };
  const children: Child[] = [];
  const sink =
    options.tools === 'postfix' ? await smtpSink(counted, options.freePort) : await ownSink(counted);
  children.push(sink.child);
  let { port } = sink;
  if (options.roundTrip > 0) {
    const delay = await withPort(
      [...HELPER, 'delay', String(port), String(options.roundTrip)],
      () => undefined,
    );
    children.push(delay.child);
    port = delay.port;
  }
  return {
    port,
    count: () => count,
    reached: (goal, within) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`the sink has ${count} of ${goal} messages after ${within} ms`)),
          within,
        );
        waiting = {
          goal,
          resolve(at) {
            clearTimeout(timer);
            resolve(at);
          },
        };
        counted(count);
      }),
    async stop() {
      await Promise.all(children.map((child) => child.stop(1000)));
    },
  };
}

/** Sends the scenario's messages; resolves when all have been answered 250, with ms of `performance.now()` at the first connection. */
export async function runLoadProcess(
  scenario: Scenario,
  messages: number,
  port: number,
  tools: 'postfix' | 'own',
  within: number,
): Promise<{ readonly startedAt: number; readonly endedAt: number }> {
  const startedAt = performance.now();
  let result: { startedAt: number; endedAt: number } | undefined;
  const child = startChild(loadCommand(scenario, messages, port, tools), {
    output: '/dev/null',
    onLine(line) {
      const [, json] = /^result (.*)$/.exec(line) ?? [];
      if (json !== undefined) result = times(JSON.parse(json));
    },
  });
  const timer = setTimeout(() => void child.kill(), within);
  const code = await child.ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the load ended with ${code}`);
  return result ?? { startedAt, endedAt: performance.now() };
}

function loadCommand(scenario: Scenario, messages: number, port: number, tools: 'postfix' | 'own'): string[] {
  const { senders, size, perConnection } = scenario;
  const numbers = [senders, messages, size].map(String);
  if (tools === 'own') return [...HELPER, 'load', String(port), ...numbers, perConnection];
  const [sessions = '', count = '', length = ''] = numbers;
  const command = ['/usr/sbin/smtp-source', '-s', sessions, '-m', count, '-l', length];
  if (perConnection === 'many') command.push('-d');
  return [...command, '-f', 'a@example.com', '-t', 'b@example.com', `127.0.0.1:${port}`];
}

/** The helper tells wall time; this process reckons in its own. */
function times(result: unknown): { startedAt: number; endedAt: number } {
  const read = (name: 'startedAt' | 'endedAt'): number => {
    const value: unknown =
      typeof result === 'object' && result !== null ? Reflect.get(result, name) : undefined;
    return Number(value) - performance.timeOrigin;
  };
  return { startedAt: read('startedAt'), endedAt: read('endedAt') };
}

async function smtpSink(counted: (count: number) => void, freePort: () => Promise<number>) {
  const port = await freePort();
  const child = startChild(['/usr/sbin/smtp-sink', '-u', 'postfix', '-c', `127.0.0.1:${port}`, '1000'], {
    output: '/dev/null',
    onLine(line) {
      const [, count] = /mesg=(\d+)/.exec(line) ?? [];
      if (count !== undefined) counted(Number(count));
    },
  });
  return { child, port };
}

async function ownSink(counted: (count: number) => void) {
  return withPort([...HELPER, 'sink'], (line) => {
    const [, count] = /^count (\d+)$/.exec(line) ?? [];
    if (count !== undefined) counted(Number(count));
  });
}

async function withPort(command: readonly string[], onLine: (line: string) => void) {
  let told: ((port: number) => void) | undefined;
  const port = new Promise<number>((resolve, reject) => {
    told = resolve;
    setTimeout(() => reject(new Error('a helper process did not start')), PORT_WITHIN).unref();
  });
  const child = startChild(command, {
    onLine(line) {
      const [, text] = /^port (\d+)$/.exec(line) ?? [];
      if (text === undefined) onLine(line);
      else told?.(Number(text));
    },
  });
  return { child, port: await port };
}

/** Which load and sink this machine has. */
export function toolsHere(): 'postfix' | 'own' {
  return smtpToolsAreHere() ? 'postfix' : 'own';
}
