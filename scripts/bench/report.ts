import type { BacklogMeasurement } from './backlog.ts';
import type { Measurement } from './measure.ts';
import type { Scenario } from './scenarios.ts';
import type { SignInMeasurement } from './sign-in.ts';

/** Everything about one scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly messages: number;
  readonly runs: readonly Measurement[];
  /** Syncs per accepted message, by subject, where strace is installed. */
  readonly syncs: Readonly<Record<string, number>>;
}

/** The middle one; the mean of the two in the middle of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Medians and, where both ran, the ratio Postern to Postfix, as lines of text. */
export function describeScenario(result: ScenarioResult): string[] {
  const subjects = [...new Set(result.runs.map((run) => run.subject))];
  const of = (subject: string, read: (run: Measurement) => number) =>
    median(result.runs.filter((run) => run.subject === subject).map(read));
  const rows = subjects.map((subject) => {
    const rates = result.runs.filter((run) => run.subject === subject).map((run) => Math.round(run.rate));
    return [
      subject.padEnd(9),
      of(subject, (run) => run.rate)
        .toFixed(1)
        .padStart(9),
      of(subject, (run) => run.acceptRate)
        .toFixed(1)
        .padStart(11),
      of(subject, (run) => run.cpuPerMessage)
        .toFixed(0)
        .padStart(11),
      (of(subject, (run) => run.peakRss) / 1e6).toFixed(0).padStart(11),
      (result.syncs[subject]?.toFixed(3) ?? '-').padStart(9),
      `  ${rates.join(' ')}`,
    ].join('');
  });
  const lines = [
    `${result.scenario.title} (${result.messages} messages)`,
    `${'subject'.padEnd(9)}${'msg/s'.padStart(9)}${'accept/s'.padStart(11)}${'CPU µs/msg'.padStart(11)}${'peak MB'.padStart(11)}${'syncs'.padStart(9)}  runs`,
    ...rows,
  ];
  if (subjects.length === 2) {
    const ratio = of('postern', (run) => run.rate) / of('postfix', (run) => run.rate);
    lines.push(`Postern / Postfix: ${ratio.toFixed(2)}`);
  }
  return lines;
}

/** The same for the backlog. */
export function describeBacklog(result: BacklogMeasurement): string[] {
  return [
    `A backlog of ${result.messages} messages of 10 KB (Postern alone)`,
    `taken: ${result.firstThousand.toFixed(0)}/s for the first thousand, ${result.lastThousand.toFixed(0)}/s for the last` +
      ` (${((result.lastThousand / result.firstThousand) * 100).toFixed(0)} %)`,
    `first delivery ${(result.firstDelivery / 1000).toFixed(2)} s after the start, then ${result.drainRate.toFixed(0)}/s`,
    `peak memory ${(result.peakRss / 1e6).toFixed(0)} MB`,
  ];
}

/** The same for the ways of signing in. */
export function describeSignIn(result: SignInMeasurement): string[] {
  const of = (kind: 'password' | 'token') => median(result.pairs.map((pair) => pair[kind])).toFixed(1);
  return [
    `Signing in with a token beside a password, on warm connections (${result.messages} messages, Postern alone)`,
    `password ${of('password')}/s, XOAUTH2 ${of('token')}/s, ${result.tokenRequests} token requests in all`,
    `XOAUTH2 / password: ${result.ratio.toFixed(3)}`,
  ];
}
