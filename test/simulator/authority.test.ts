import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openAuthority } from '../../src/simulator/authority.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const run = promisify(execFile);

describe('the authority of the simulator', () => {
  it('vouches for this machine, and with its key for no other server', async () => {
    const directory = await temporaryDirectory();
    try {
      const path = (name: string) => join(directory.path, name);
      const { certificate, server } = await openAuthority(directory.path);
      await writeFile(path('own.pem'), server.certificate);
      const verified = await run('openssl', ['verify', '-CAfile', path('simulator-ca.pem'), path('own.pem')]);
      expect(verified.stdout).to.contain('OK');
      expect(new X509Certificate(certificate).ca).to.equal(true);

      await writeFile(path('names.txt'), 'subjectAltName=DNS:login.microsoftonline.com');
      await run('openssl', [
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=x',
        '-keyout',
        path('x.key'),
        '-out',
        path('x.csr'),
      ]);
      await run('openssl', [
        'x509',
        '-req',
        '-in',
        path('x.csr'),
        '-CA',
        path('simulator-ca.pem'),
        '-CAkey',
        path('simulator-ca.key'),
        '-CAcreateserial',
        '-extfile',
        path('names.txt'),
        '-out',
        path('x.pem'),
      ]);
      const refused = await run('openssl', [
        'verify',
        '-CAfile',
        path('simulator-ca.pem'),
        path('x.pem'),
      ]).catch((error: unknown) => error);
      expect(refused).to.have.property('stderr').that.contains('permitted subtree violation');
    } finally {
      await directory.remove();
    }
  });
});
