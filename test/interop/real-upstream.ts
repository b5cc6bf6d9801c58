import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostfix } from '../../scripts/bench/postfix.ts';
import { run } from '../../scripts/bench/processes.ts';
import type { Subject } from '../../scripts/bench/subject.ts';
import type { TestCertificate } from '../support/certificates.ts';

/** The account that the upstream knows. */
export const ACCOUNT = { user: 'relay', password: 'correct horse %40 ü' } as const;

const REALM = 'postfix.example.com';

/**
 * A real Postfix as people have it as their mail server: STARTTLS required, SASL password required, and everything handed
 * on to where the test reads it.
 */
export async function startRealUpstream(options: {
  readonly directory: string;
  readonly certificate: TestCertificate;
  /** Where it delivers: a port of 127.0.0.1. */
  readonly next: number;
}): Promise<Subject & { readonly logFile: string }> {
  const { directory, certificate, next } = options;
  const sasl = join(directory, 'config', 'sasl'); // Debian's Postfix looks nowhere else
  await mkdir(sasl, { recursive: true, mode: 0o755 });
  const accounts = join(sasl, 'sasldb2');
  await run('saslpasswd2', ['-p', '-c', '-f', accounts, '-u', REALM, ACCOUNT.user], {
    input: ACCOUNT.password,
  });
  await run('chown', ['postfix', accounts]);
  await writeFile(
    join(sasl, 'smtpd.conf'),
    `pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: ${accounts}\nmech_list: PLAIN LOGIN\n`,
  );
  const [crt, key] = [join(sasl, 'server.crt'), join(sasl, 'server.key')];
  await writeFile(crt, certificate.chain);
  await writeFile(key, certificate.key, { mode: 0o600 });
  await chmod(directory, 0o755);
  return startPostfix({
    directory,
    main: {
      relayhost: `[127.0.0.1]:${next}`,
      smtpd_tls_security_level: 'encrypt',
      smtpd_tls_cert_file: crt,
      smtpd_tls_key_file: key,
      smtpd_sasl_auth_enable: 'yes',
      smtpd_sasl_type: 'cyrus',
      smtpd_sasl_path: 'smtpd',
      cyrus_sasl_config_path: sasl,
      smtpd_sasl_local_domain: REALM,
      smtpd_sasl_security_options: 'noanonymous',
      smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
      smtpd_recipient_restrictions: 'permit_sasl_authenticated, reject',
      mynetworks: '192.0.2.0/24',
    },
  });
}
