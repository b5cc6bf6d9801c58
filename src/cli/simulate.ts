import { resolve } from 'node:path';
import { writeFileDurably } from '../certificates/write-file.ts';
import { errorCode, RelayError } from '../shared/errors.ts';
import { makeDirectory } from '../shared/make-directory.ts';
import { ownCommand, shellWord } from '../shared/own-commands.ts';
import type { Simulator, SimulatorOptions } from '../simulator/simulator.ts';
import { SIMULATOR_PORTS } from '../simulator/simulator.ts';
import { startSimulator } from '../simulator/start-simulator.ts';
import { type Command, type Typed, wholeNumber } from './command.ts';
import { jsonFlag } from './node-flags.ts';
import { safe, safeJson, table } from './output.ts';
import { type SimulatedSettings, simulatedSettings } from './simulated-settings.ts';

const DIRECTORY = 'data/simulator';
const CERTIFICATE = 'simulator-ca.pem';

export const simulate: Command = {
  flags: {
    port: {
      value: 'PORT',
      help: `First of ${SIMULATOR_PORTS.length} ports that follow each other (any free ones)`,
    },
    directory: {
      value: 'DIR',
      help: `Where its certificate authority, keys and settings for Postern are kept (${DIRECTORY})`,
    },
    'token-lifetime': { value: 'SECONDS', help: 'How long an access token lives (3600)' },
    rotate: { help: 'Give another refresh token with every refresh; the old one is void' },
    'no-limits': { help: 'Do not keep to the limits of the real ones' },
    ...jsonFlag,
  },
  positionals: [0, 0],
  details:
    'A Microsoft 365 and a Google for trying Postern without an account: on this machine only, with sign-in pages, tokens, SMTP, Graph and the Gmail API. Nothing that it takes is ever sent. Runs until Ctrl-C.',
  async run(typed) {
    const { out } = typed.terminal;
    const directory = resolve(typed.text('directory') ?? DIRECTORY);
    await makeDirectory(directory);
    const stopped = untilStopped();
    const simulator = await start({ ...optionsOf(typed), directory });
    try {
      const client = resolve(directory, 'google-client.json');
      const serviceAccount = resolve(directory, 'google-service-account.json');
      await writeFileDurably(client, simulator.google.clientJson, 0o600);
      await writeFileDurably(serviceAccount, simulator.google.serviceAccountJson, 0o600);
      const settings = simulatedSettings(simulator, { client, serviceAccount });
      for (const { file, yaml } of settings) await writeFileDurably(resolve(directory, file), yaml, 0o600);
      const certificate = resolve(directory, CERTIFICATE);
      if (typed.on('json')) out(`${safeJson(described(simulator, certificate))}\n`);
      else out(introduction(simulator, directory, certificate, settings));
      await stopped;
    } finally {
      await simulator.close();
    }
    if (!typed.on('json')) out('\nThe simulator has stopped; what it took is forgotten.\n');
    return 0;
  },
};

function optionsOf(typed: Typed): SimulatorOptions {
  const port = typed.text('port');
  const lifetime = typed.text('token-lifetime');
  return {
    ...(port === undefined
      ? {}
      : { firstPort: wholeNumber(port, '--port', 1, 65_536 - SIMULATOR_PORTS.length) }),
    ...(lifetime === undefined
      ? {}
      : { tokenLifetime: wholeNumber(lifetime, '--token-lifetime', 1, 86_400) * 1000 }),
    rotateRefreshTokens: typed.on('rotate'),
    limits: !typed.on('no-limits'),
  };
}

async function start(options: SimulatorOptions): Promise<Simulator> {
  try {
    return await startSimulator(options);
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE' && errorCode(error) !== 'EACCES') throw error;
    throw new RelayError('configuration', `One of the ports from ${options.firstPort} on cannot be used.`, {
      cause: error,
      hint: `Name another one with --port; ${SIMULATOR_PORTS.length} are needed. Without it any free ones are taken.`,
    });
  }
}

/** Resolves at the first SIGINT or SIGTERM. */
function untilStopped(): Promise<void> {
  const { promise, resolve: stop } = Promise.withResolvers<void>();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return promise;
}

function described({ microsoft, google, control }: Simulator, certificate: string) {
  return { microsoft, google, control, certificate };
}

function introduction(
  { microsoft, google, control }: Simulator,
  directory: string,
  certificate: string,
  settings: readonly SimulatedSettings[],
): string {
  const { email, password } = microsoft.account;
  const places = table([
    ['Microsoft sign-in', microsoft.authorizationEndpoint],
    ['Microsoft tokens', microsoft.tokenEndpoint],
    ['Microsoft SMTP', `${microsoft.smtp.host}:${microsoft.smtp.port} (STARTTLS)`],
    ['Microsoft Graph', microsoft.api],
    ['Google sign-in', google.authorizationEndpoint],
    ['Google tokens', google.tokenEndpoint],
    ['Google SMTP', `${google.smtp.host}:${google.smtp.port} (STARTTLS)`],
    ['Gmail API', google.api],
    ['Control', control],
  ]);
  const documents = settings.map(({ file, title, yaml, next }) => {
    const path = safe(resolve(directory, file));
    const indented = yaml.trimEnd().replaceAll(/^/gm, '    ');
    return `\n${title}\n  ${ownCommand(`settings apply ${shellWord(path)}`)}\n  ${next}\n\n${indented}\n`;
  });
  return [
    'A simulated Microsoft 365 and Google run on this machine. Nothing leaves it.\n\n',
    places,
    `\nAccount   ${email}, password ${password}\n`,
    `\nFirst, let Postern trust the simulator's certificates:\n  ${ownCommand(`import-cert ${shellWord(safe(certificate))}`)}\n`,
    '\nOn the page instead: Certificates → Import a file (the one above), then E-mail configuration → Add an upstream:\n',
    '  Microsoft 365     tenantId, clientId and clientSecret from below; its endpoints under "Advanced", host and port under "Server"\n',
    `  Google Workspace  the file ${safe(resolve(directory, 'google-client.json'))}; host and port under "Server"\n`,
    '  At the sign-in the browser warns of the simulator: let it go on.\n',
    ...documents,
    '\nWhat can go wrong: send to scenario+NAME@example.com, or\n',
    `  curl -H 'Content-Type: application/json' -d '{"scenario":"server-busy","times":3}' ${control}/scenarios\n`,
    `  curl ${control}/scenarios    all names\n  curl ${control}/messages     what was taken\n`,
    '\nCtrl-C ends it.\n',
  ].join('');
}
