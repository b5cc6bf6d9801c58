import { accessSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, greeted, startChild } from '../../scripts/bench/processes.ts';
import type { TestCertificate } from '../support/certificates.ts';
import { type AuthorizationServer, CHECKER, MAIL_SERVER } from './authorization-server.ts';

/** A private Dovecot: submission with STARTTLS that takes XOAUTH2 and OAUTHBEARER only and checks each token itself. */
export interface Dovecot {
  readonly port: number;
  readonly logFile: string;
  stop(): Promise<void>;
}

export interface DovecotOptions {
  readonly directory: string;
  readonly certificate: TestCertificate;
  /** PEM of the authority behind the authorization server. */
  readonly authority: string;
  readonly authorizationServer: AuthorizationServer;
  /** How a token is checked: by asking the authorization server (RFC 7662), or by the signature of a JWT. */
  readonly check: 'introspection' | 'jwt';
  readonly mechanisms: string;
  /** Where it hands mail on: a port of 127.0.0.1. */
  readonly next: number;
}

const PROGRAM = '/usr/sbin/dovecot';

/** Whether Dovecot with its submission service is installed and can be started by this user. */
export function dovecotIsHere(): boolean {
  try {
    for (const file of [PROGRAM, '/usr/lib/dovecot/submission-login']) accessSync(file);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** Starts it in the foreground; resolves when it greets. Dovecot starts as root and gives its rights away itself. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const { directory, certificate, authorizationServer } = options;
  const port = await freePort();
  const file = (name: string) => join(directory, name);
  const logFile = file('dovecot.log');
  await mkdir(file('run'), { recursive: true });
  await mkdir(file('state'), { recursive: true });
  await mkdir(file('mail'), { recursive: true });
  // Not root's and not Dovecot's own: whoever signed in.
  await chown(file('mail'), 8, 8);
  await mkdir(file('keys/default/RS256'), { recursive: true });
  for (const folder of ['', 'keys', 'keys/default', 'keys/default/RS256']) await chmod(file(folder), 0o755);
  await writeFile(file('keys/default/RS256/signing'), authorizationServer.publicKey);
  await mkdir(file('keys/postern/RS256'), { recursive: true });
  await writeFile(file('keys/postern/RS256/signing'), authorizationServer.publicKey);
  await writeFile(file('server.crt'), certificate.chain);
  await writeFile(file('server.key'), certificate.key, { mode: 0o600 });
  await writeFile(file('authority.crt'), options.authority);
  await writeFile(file('oauth2.conf'), oauth2Lines(options, file).join('\n'));
  await writeFile(file('dovecot.conf'), `${mainLines(options, port, file, logFile).join('\n')}\n`);
  const child = startChild([PROGRAM, '-F', '-c', file('dovecot.conf')], { output: file('errors.log') });
  try {
    await greeted(port, 20_000, child.alive);
  } catch (error) {
    await child.kill();
    const said = await Promise.all(
      [file('errors.log'), logFile].map((path) => readFile(path, 'utf8').catch(() => '')),
    );
    throw new Error(`Dovecot did not start: ${said.join('').slice(-2000)}`, { cause: error });
  }
  return { port, logFile, stop: () => child.stop(10_000) };
}

function oauth2Lines(options: DovecotOptions, file: (name: string) => string): readonly string[] {
  const { authorizationServer, check } = options;
  const checking =
    check === 'jwt'
      ? [
          'introspection_mode = local',
          `local_validation_key_dict = fs:posix:prefix=${file('keys')}/`,
          `issuers = ${authorizationServer.issuer}`,
          `client_id = ${MAIL_SERVER}`,
        ]
      : [
          'introspection_mode = post',
          `introspection_url = ${authorizationServer.introspectionEndpoint}`,
          `client_id = ${CHECKER.id}`,
          `client_secret = ${CHECKER.secret}`,
          'active_attribute = active',
          'active_value = true',
          'force_introspection = yes',
        ];
  return [...checking, 'username_attribute = email', `tls_ca_cert_file = ${file('authority.crt')}`, ''];
}

function mainLines(
  options: DovecotOptions,
  port: number,
  file: (name: string) => string,
  logFile: string,
): readonly string[] {
  return [
    'protocols = submission',
    'listen = 127.0.0.1',
    `base_dir = ${file('run')}`,
    `state_dir = ${file('state')}`,
    `log_path = ${logFile}`,
    'auth_verbose = yes',
    'auth_debug = yes',
    'auth_failure_delay = 0',
    // Nor does it make an address that failed once wait for seconds, in which a short-lived token dies.
    'service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}',
    'ssl = required',
    `ssl_cert = <${file('server.crt')}`,
    `ssl_key = <${file('server.key')}`,
    `auth_mechanisms = ${options.mechanisms}`,
    'hostname = dovecot.example.com',
    `mail_location = maildir:${file('mail')}`,
    'first_valid_uid = 8',
    `passdb {\n  driver = oauth2\n  mechanisms = ${options.mechanisms}\n  args = ${file('oauth2.conf')}\n}`,
    `userdb {\n  driver = static\n  args = uid=8 gid=8 home=${file('mail')}\n}`,
    'submission_relay_host = 127.0.0.1',
    `submission_relay_port = ${options.next}`,
    'submission_relay_ssl = no',
    'submission_max_recipients = 0',
    `service submission-login {\n  inet_listener submission {\n    address = 127.0.0.1\n    port = ${port}\n  }\n}`,
  ];
}
