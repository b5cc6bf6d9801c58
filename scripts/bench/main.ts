import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BacklogMeasurement, measureBacklog } from './backlog.ts';
import { toolsHere } from './helpers.ts';
import { describeList, type ListMeasurement, measureList } from './list.ts';
import { countSyncs, type Measurement, measure } from './measure.ts';
import { postfixIsHere } from './postfix.ts';
import { run } from './processes.ts';
import { describeBacklog, describeScenario, describeSignIn, type ScenarioResult } from './report.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { measureSignIn, type SignInMeasurement } from './sign-in.ts';

/**
 * `npm run bench`: Postern as a real process between a load and a sink, and Postfix in turn beside it where it is
 * installed. Only 127.0.0.1 is used. Figures go to the terminal and, as JSON, into bench/results.
 */

/** Runs of a kind of their own. */
const OTHERS: readonly string[] = ['backlog', 'sign-in', 'list'];

const USAGE = `npm run bench -- [options]
  --scenario NAME   ${[...SCENARIOS.map(({ name }) => name), ...OTHERS].join(', ')}; may be repeated; all if absent
  --runs N          runs of each subject, interleaved (3)
  --messages N      messages of a run, instead of the scenario's own number
  --backlog N       messages of the backlog, and of the list that is searched (100000)
  --database URL    postgres://… for the list, in place of SQLite; an empty database
  --profile         write CPU profiles of Postern into bench/results
  --subject NAME    postern or postfix; may be repeated; both if absent
  --own-tools       our own load and sink even where smtp-source and smtp-sink are installed
  --within S        longest time of one run, in seconds (300)`;

/** Times that each list is asked for. */
const LIST_ROUNDS = 40;

const RESULTS = join(import.meta.dirname, '../../bench/results');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true },
      runs: { type: 'string', default: '3' },
      messages: { type: 'string' },
      backlog: { type: 'string', default: '100000' },
      database: { type: 'string' },
      within: { type: 'string', default: '300' },
      profile: { type: 'boolean', default: false },
      subject: { type: 'string', multiple: true },
      'own-tools': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const wanted = values.scenario ?? [...SCENARIOS.map(({ name }) => name), ...OTHERS];
  const unknown = wanted.filter(
    (name) => !OTHERS.includes(name) && !SCENARIOS.some((each) => each.name === name),
  );
  if (unknown.length > 0) throw new TypeError(`there is no scenario ${unknown.join(', ')}\n${USAGE}`);

  const tools = values['own-tools'] ? 'own' : toolsHere();
  const chosen = values.subject ?? ['postern', 'postfix'];
  const subjects = (['postern', 'postfix'] as const).filter(
    (name) => chosen.includes(name) && (name === 'postern' || postfixIsHere()),
  );
  if (!postfixIsHere()) console.log('Postfix is not installed, or this user cannot start it.');
  console.log(`Load and sink: ${tools === 'postfix' ? 'smtp-source and smtp-sink' : 'our own'}.\n`);

  const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  await mkdir(RESULTS, { recursive: true });
  const base = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  await chmod(base, 0o755); // Postfix works as a user of its own
  const within = Number(values.within) * 1000;
  const results: ScenarioResult[] = [];
  let backlog: BacklogMeasurement | undefined;
  let signIn: SignInMeasurement | undefined;
  let list: ListMeasurement | undefined;
  try {
    for (const scenario of SCENARIOS.filter(({ name }) => wanted.includes(name))) {
      const messages = values.messages === undefined ? scenario.messages : Number(values.messages);
      const profile = values.profile ? { profile: join(RESULTS, `${stamp}-${scenario.name}`) } : {};
      const common = { scenario, messages, tools, within, ...profile };
      const runs = await interleave(subjects, Number(values.runs), (subject, round) =>
        measure({ ...common, subject, directory: join(base, `${scenario.name}-${subject}-${round}`) }),
      );
      const syncs = await syncsOf(scenario, subjects, { tools, within, base });
      const result = { scenario, messages, runs, syncs };
      results.push(result);
      console.log(`${describeScenario(result).join('\n')}\n`);
    }
    if (wanted.includes('backlog')) {
      const [scenario] = SCENARIOS;
      if (scenario === undefined) throw new Error('there are no scenarios');
      const directory = join(base, 'backlog');
      backlog = await measureBacklog({
        scenario,
        messages: Number(values.backlog),
        tools,
        directory,
        within,
      });
      console.log(`${describeBacklog(backlog).join('\n')}\n`);
    }
    if (wanted.includes('sign-in')) {
      const [scenario] = SCENARIOS;
      if (scenario === undefined) throw new Error('there are no scenarios');
      const messages = values.messages === undefined ? scenario.messages : Number(values.messages);
      const runs = Number(values.runs);
      signIn = await measureSignIn({ scenario, messages, runs, directory: join(base, 'sign-in'), within });
      console.log(`${describeSignIn(signIn).join('\n')}\n`);
    }
    if (wanted.includes('list')) {
      list = await measureList({
        messages: Number(values.backlog),
        directory: join(base, 'list'),
        rounds: LIST_ROUNDS,
        ...(values.database === undefined ? {} : { database: values.database }),
      });
      console.log(`${describeList(list).join('\n')}\n`);
    }
  } finally {
    await rm(base, { recursive: true, force: true });
  }
  const machine = { processors: cpus().length, model: cpus()[0]?.model, node: process.version };
  const file = join(RESULTS, `${stamp}.json`);
  await writeFile(
    file,
    `${JSON.stringify({ at: stamp, machine, tools, results, backlog, signIn, list }, undefined, 2)}\n`,
  );
  console.log(`Written to bench/results/${stamp}.json.`);
  return 0;
}

/** A B A B …, so that whatever else the machine does falls on both alike. */
async function interleave(
  subjects: readonly ('postern' | 'postfix')[],
  rounds: number,
  once: (subject: 'postern' | 'postfix', round: number) => Promise<Measurement>,
): Promise<Measurement[]> {
  const found: Measurement[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const subject of subjects) {
      const measurement = await once(subject, round);
      found.push(measurement);
      console.log(`  run ${round}, ${subject}: ${measurement.rate.toFixed(1)} messages/s`);
    }
  }
  return found;
}

const SYNC_MESSAGES = 2000;

async function syncsOf(
  scenario: Scenario,
  subjects: readonly ('postern' | 'postfix')[],
  options: { readonly tools: 'postfix' | 'own'; readonly within: number; readonly base: string },
): Promise<Record<string, number>> {
  const straceIsHere = await run('strace', ['--version']).then(
    () => true,
    () => false,
  );
  if (!straceIsHere || scenario.roundTrip > 0 || scenario.size > 1_000_000) return {};
  const found: Record<string, number> = {};
  for (const subject of subjects) {
    const directory = join(options.base, `${scenario.name}-${subject}-syncs`);
    found[subject] = await countSyncs({ ...options, scenario, subject, messages: SYNC_MESSAGES, directory });
  }
  return found;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof TypeError ? error.message : error);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
