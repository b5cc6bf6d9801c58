import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { typed } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('postern simulate', () => {
  it('writes settings that have no faults, and keeps its authority over a restart', async function () {
    this.timeout(30_000);
    const directory = await temporaryDirectory();
    try {
      const authorities: string[] = [];
      for (let start = 0; start < 2; start += 1) {
        const child = spawn(process.execPath, [MAIN, 'simulate', '--directory', directory.path]);
        const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
        let said = '';
        for await (const line of createInterface({ input: child.stdout })) {
          said += `${line}\n`;
          if (line === 'Ctrl-C ends it.') break;
        }
        child.kill('SIGINT');
        expect(await gone).to.equal(0);
        expect(said).to.contain('relay@example.com, password simulator').and.to.contain('import-cert');
        authorities.push(await readFile(join(directory.path, 'simulator-ca.pem'), 'utf8'));
      }
      expect(authorities[0]).to.equal(authorities[1]);
      for (const name of [
        'microsoft-sign-in',
        'microsoft-application',
        'google-sign-in',
        'google-service-account',
      ]) {
        const { code, err } = await typed(['check', join(directory.path, `${name}.yaml`)]);
        expect(code, err).to.equal(0);
      }
    } finally {
      await directory.remove();
    }
  });

  it('says what is wrong with its flags', async () => {
    for (const flags of [['--port', '0'], ['--port', '65535'], ['--token-lifetime', 'long'], ['extra']]) {
      expect((await typed(['simulate', ...flags])).code, flags.join(' ')).to.equal(2);
    }
  });
});
