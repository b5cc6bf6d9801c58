import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../scripts/bench/processes.ts';

/** A mail program that people have: hands one message, given as bytes, to a port of 127.0.0.1. */
export interface MailProgram {
  readonly name: string;
  /** Asks for the version, to see whether it is installed. */
  readonly probe: readonly [string, ...string[]];
  send(port: number, message: Buffer, directory: string): Promise<unknown>;
}

export const SENDER = 'device@example.com';
export const RECIPIENT = 'somebody@example.net';

const PYTHON = `
import smtplib, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1]), timeout=30) as server:
    server.sendmail(sys.argv[2], [sys.argv[3]], open(sys.argv[4], 'rb').read(), ['BODY=8BITMIME'])
`;

const fileOf = async (message: Buffer, directory: string): Promise<string> => {
  const file = join(directory, 'message.eml');
  await writeFile(file, message);
  return file;
};

/** Programs that send a message as it is given to them. */
export const MAIL_PROGRAMS: readonly MailProgram[] = [
  {
    name: 'swaks',
    probe: ['swaks', '--version'],
    async send(port, message, directory) {
      const file = await fileOf(message.subarray(0, -2), directory); // it ends the last line itself
      const envelope = ['--from', SENDER, '--to', RECIPIENT];
      await run('swaks', ['--server', `127.0.0.1:${port}`, ...envelope, '--data', `@${file}`]);
    },
  },
  {
    name: 'curl',
    probe: ['curl', '--version'],
    async send(port, message, directory) {
      const envelope = ['--mail-from', SENDER, '--mail-rcpt', RECIPIENT];
      const file = await fileOf(message, directory);
      await run('curl', [
        '--silent',
        '--show-error',
        `smtp://127.0.0.1:${port}/device`,
        ...envelope,
        '-T',
        file,
      ]);
    },
  },
  {
    name: 'msmtp',
    probe: ['msmtp', '--version'],
    async send(port, message) {
      const server = ['--file=/dev/null', '--host=127.0.0.1', `--port=${port}`, '--tls=off', '--auth=off'];
      const options = { input: message.toString('utf8').replaceAll('\r\n', '\n') };
      await run('msmtp', [...server, `--from=${SENDER}`, RECIPIENT], options);
    },
  },
  {
    name: 'python smtplib',
    probe: ['python3', '--version'],
    async send(port, message, directory) {
      const file = await fileOf(message, directory);
      await run('python3', ['-c', PYTHON, String(port), SENDER, RECIPIENT, file]);
    },
  },
];

/** Whether a program is here. */
export function isInstalled([program, ...argv]: readonly [string, ...string[]]): Promise<boolean> {
  return run(program, argv).then(
    () => true,
    () => false,
  );
}
