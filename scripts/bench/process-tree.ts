import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel has counted about a process and everything that it started, read from /proc. */
export interface TreeUsage {
  /** Microseconds of CPU, user and system, children that have ended included. */
  readonly cpu: number;
  /** Bytes of memory in use at this moment, summed over the processes; shared pages count in each. */
  readonly rss: number;
  /** Bytes: the largest that each living process ever was, summed. */
  readonly highWater: number;
}

const TICK = 10_000; // microseconds; USER_HZ is 100 on every Linux that Node runs on
const KIB = 1024;

/** The usage of a process and its descendants; zero where it is gone. */
export function usageOfTree(pid: number): TreeUsage {
  const total = { cpu: 0, rss: 0, highWater: 0 };
  for (const each of descendants(pid)) {
    const stat = read(`/proc/${each}/stat`);
    const status = read(`/proc/${each}/status`);
    // Fields 14 to 17 of proc(5), counted behind the name, which may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    for (const index of [11, 12, 13, 14]) total.cpu += Number(fields[index] ?? 0) * TICK;
    total.rss += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * KIB;
    total.highWater += Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * KIB;
  }
  return total;
}

/** The process and everything below it. */
export function descendants(root: number): readonly number[] {
  const parents = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(parents.get(pid) ?? [])); // grows while it is walked
  return found;
}

/** Follows a process tree until it is stopped. */
export interface TreeWatch {
  /** Ends the watch: CPU since its start, and the highest memory seen, in bytes. */
  finish(): { cpu: number; peakRss: number; highWater: number };
}

/** Looks every 100 ms. */
export function watchTree(pid: number): TreeWatch {
  const start = usageOfTree(pid);
  let peakRss = start.rss;
  const timer = setInterval(() => {
    peakRss = Math.max(peakRss, usageOfTree(pid).rss);
  }, 100);
  return {
    finish() {
      clearInterval(timer);
      const end = usageOfTree(pid);
      return { cpu: end.cpu - start.cpu, peakRss: Math.max(peakRss, end.rss), highWater: end.highWater };
    },
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}
