import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, greeted, run, startChild } from './processes.ts';
import type { Subject, SubjectOptions } from './subject.ts';

/**
 * A private Postfix: configuration, queue and log in a directory of its own, a port of its own on 127.0.0.1, nothing
 * shared with one that the machine may run. It needs root, as Postfix does.
 */

const MASTER = '/usr/lib/postfix/sbin/master';

export interface PostfixOptions {
  /** Made where it is missing; Postfix's own user has to be able to reach it. */
  readonly directory: string;
  /** Lines of main.cf over those below. */
  readonly main?: Readonly<Record<string, string>>;
  /** Lines of master.cf in addition. */
  readonly master?: readonly string[];
  readonly under?: readonly string[];
}

/** Whether Postfix is installed and can be started by this user. */
export function postfixIsHere(): boolean {
  return process.getuid?.() === 0 && [MASTER, '/usr/sbin/postconf'].every(isProgram);
}

/** Whether Postfix's load generator and sink are installed. */
export function smtpToolsAreHere(): boolean {
  return ['/usr/sbin/smtp-source', '/usr/sbin/smtp-sink'].every(isProgram);
}

/** Starts it; resolves when it greets. */
export async function startPostfix(options: PostfixOptions): Promise<Subject & { readonly logFile: string }> {
  const { directory } = options;
  const port = await freePort();
  const config = join(directory, 'config');
  const logFile = join(directory, 'log', 'mail.log');
  for (const each of ['', 'config', 'queue', 'data', 'log']) {
    await mkdir(join(directory, each), { recursive: true, mode: 0o755 });
  }
  await chmod(directory, 0o755);
  await run('chown', ['postfix', join(directory, 'data')]);
  const main = { ...mainFor(directory, logFile), ...options.main };
  const lines = Object.entries(main).map(([name, value]) => `${name} = ${value}`);
  await writeFile(join(config, 'main.cf'), `${lines.join('\n')}\n`);
  await writeFile(join(config, 'master.cf'), masterFor(port, options.master ?? []));
  await run('/usr/sbin/postfix', ['-c', config, 'check']);

  const command = [...(options.under ?? []), MASTER, '-c', config, '-d'];
  const errors = join(directory, 'log', 'errors');
  const child = startChild(command, {
    wraps: options.under !== undefined,
    output: errors,
    env: { MAIL_CONFIG: config },
  });
  try {
    await greeted(port, 20_000, child.alive);
  } catch (error) {
    await child.kill();
    const said = await Promise.all([errors, logFile].map((path) => readFile(path, 'utf8').catch(() => '')));
    throw new Error(`Postfix did not start: ${said.join('').slice(-2000)}`, { cause: error });
  }
  return { name: 'postfix', port, pid: child.pid, logFile, stop: () => child.stop(10_000) };
}

/**
 * Postfix as a subject of the bench: durable as it comes, and tuned so that nothing but its work slows it: enough
 * processes for every sender, as many connections to the sink as Postern has, kept open between messages, no pause when
 * mail comes in faster than it goes out, no reverse lookups and no client limits.
 */
export function startPostfixRelay(options: SubjectOptions): Promise<Subject> {
  const connections = String(options.connections);
  return startPostfix({
    directory: options.directory,
    ...(options.under === undefined ? {} : { under: options.under }),
    main: {
      relayhost: `[127.0.0.1]:${options.sinkPort}`,
      smtp_destination_concurrency_limit: connections,
      initial_destination_concurrency: connections,
      smtp_destination_recipient_limit: '50',
      default_process_limit: '200',
      in_flow_delay: '0',
      smtp_connection_cache_destinations: `[127.0.0.1]:${options.sinkPort}`,
    },
  });
}

function mainFor(directory: string, logFile: string): Readonly<Record<string, string>> {
  return {
    compatibility_level: '3.6',
    queue_directory: join(directory, 'queue'),
    data_directory: join(directory, 'data'),
    command_directory: '/usr/sbin',
    daemon_directory: '/usr/lib/postfix/sbin',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    maillog_file: logFile,
    maillog_file_prefixes: directory,
    myhostname: 'postfix.example.com',
    mydestination: '',
    local_transport: 'error:no local mail here',
    alias_maps: '',
    alias_database: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_peername_lookup: 'no',
    smtpd_client_connection_count_limit: '0',
    smtp_dns_support_level: 'disabled',
    smtp_host_lookup: 'native',
    smtputf8_enable: 'no',
    message_size_limit: '0',
    mailbox_size_limit: '0',
    biff: 'no',
  };
}

function masterFor(port: number, more: readonly string[]): string {
  return [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'showq unix n - n - - showq',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'local unix - n n - - local',
    'virtual unix - n n - - virtual',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
    ...more,
    '',
  ].join('\n');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
