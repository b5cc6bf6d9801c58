import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { trustAnchorAnswerSchema } from '../admin/contract-certificates.ts';
import { importTrustAnchor } from '../certificates/import.ts';
import { RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import { certificateLines } from './certificate-lines.ts';
import { createClient, NotRunning } from './client.ts';
import type { Command, Typed } from './command.ts';
import { dataDirectory, jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';

/** Bytes; a file of certificates is much smaller. */
const MAX_FILE = 512 * 1024;

export const importCert: Command = {
  flags: {
    host: { value: 'HOST', help: 'Trust it for this host only, whatever names it has' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details:
    'PEM, DER or PKCS#7, never a key. Paused upstreams are tried again at once. Without a running node the file goes into certs/ of the data directory.',
  async run(typed) {
    const [file = ''] = typed.positionals;
    const { size } = await stat(file).catch((error: unknown) => {
      throw new RelayError('not-found', `${file} ${fileTrouble(error)}.`, { cause: error });
    });
    if (size > MAX_FILE)
      throw new RelayError('certificate-invalid', `${file} is too large for a certificate.`);
    const { imported } = await importBytes(await readFile(file), basename(file), typed);
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson({ imported })}\n`);
      return 0;
    }
    for (const one of imported) {
      out(`${one.known ? 'Trusted already' : 'Trusted from now on'}: ${safe(one.name)}\n`);
      if (one.host !== undefined) out(`  only for     ${safe(one.host)}\n`);
      out(certificateLines(one));
    }
    return 0;
  },
};

async function importBytes(bytes: Buffer, fileName: string, typed: Typed) {
  const name = fileName.replace(/[^\w.-]+/g, '-').slice(0, 64);
  const host = typed.text('host');
  const only = host === undefined ? {} : { host };
  const certificate = bytes.includes('-----BEGIN') ? bytes.toString('latin1') : bytes.toString('base64');
  try {
    return await createClient(typed).ask('/api/v1/trust-anchors', trustAnchorAnswerSchema, {
      method: 'POST',
      body: { certificate, name, ...only },
    });
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    const directory = join(dataDirectory(typed), 'certs');
    return { imported: await importTrustAnchor(bytes, { directory, name, ...only }) };
  }
}
