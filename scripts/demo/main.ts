/*
 * `npm run demo`: a simulated Microsoft 365, a real Postern, and an old device that sends a message a second. Shows what happens, lets
 * something go wrong now and then, and removes everything afterwards. `--seconds N` ends it by itself; Ctrl-C ends it at any time.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { simulatedSettings } from '../../src/cli/simulated-settings.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { createNarrator } from './narrator.ts';
import { freePort, type PosternProcess, startPostern } from './postern-process.ts';
import { createShow } from './show.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
if (values.help === true || (seconds !== undefined && !(seconds >= 1 && seconds <= 86_400))) {
  process.stdout.write('npm run demo [-- --seconds N]   N from 1 to 86400; without it until Ctrl-C\n');
  process.exit(values.help === true ? 0 : 2);
}

const narrator = createNarrator((text) => process.stdout.write(text));
const directory = await mkdtemp(join(tmpdir(), 'postern-demo-'));
let simulator: Simulator | undefined;
let postern: PosternProcess | undefined;
const stop = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    signals += 1;
    if (signals === 1) stop.abort();
    else process.exit(1);
  });
}
process.on('exit', () => postern?.kill());

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  process.stderr.write(
    `The demonstration could not go on: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
} finally {
  await postern?.stop();
  await simulator?.close();
  await rm(directory, { recursive: true, force: true });
  postern = undefined;
}
process.exit();

/** True when every message arrived once. */
async function run(): Promise<boolean> {
  narrator.title('Postern: an old device, a mail provider that wants OAuth 2.0, and what is between them');
  // The device sends a message a second, which is more than Exchange allows a mailbox.
  simulator = await startSimulator({ limits: false });
  const { microsoft } = simulator;
  narrator.step('A simulated Microsoft 365 runs on this machine; nothing leaves it', microsoft.api);
  simulator.register({ mailbox: { email: microsoft.account.email, sendAs: ['printer@example.com'] } });

  const [smtp, admin] = [await freePort(), await freePort()];
  const settings = join(directory, 'settings.yaml');
  await writeFile(settings, settingsFor(simulator, smtp, admin));
  await chmod(settings, 0o600);
  const show = createShow({ simulator, narrator, port: smtp, ...(seconds === undefined ? {} : { seconds }) });
  postern = await startPostern(
    { directory: join(directory, 'data'), settings, admin: `127.0.0.1:${admin}` },
    show.heard,
  );
  narrator.step(
    'Postern runs, and takes plain SMTP from this machine',
    `scripts/postern serve, port ${smtp}`,
  );

  const certificate = join(directory, 'simulator-ca.pem');
  await writeFile(certificate, simulator.certificateAuthority);
  await postern.command('import-cert', certificate);
  narrator.step(
    'Postern trusts the certificates of the simulator',
    'scripts/postern import-cert simulator-ca.pem',
  );
  narrator.step(
    'An administrator granted the application its mailbox: Postern signs in by itself',
    `client credentials, mailbox ${microsoft.account.email}`,
  );
  narrator.title('A device that knows nothing of all this sends a message a second. Ctrl-C ends it.');
  return show.run(stop.signal);
}

function settingsFor(running: Simulator, smtp: number, admin: number): string {
  const [, application] = simulatedSettings(running, { client: '', serviceAccount: '' });
  return stringify({
    accessUrl: `http://localhost:${admin}`,
    listeners: [{ name: 'devices', address: '127.0.0.1', port: smtp }],
    // Connections do not stay open, so that signing in can be seen.
    upstreams: [{ ...application?.upstream, limits: { connections: 3, idle: '500ms' } }],
    defaultUpstream: application?.upstream.name,
    queue: { retry: ['2s', '2s', '4s'] },
  });
}
