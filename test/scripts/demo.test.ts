import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DEMO = fileURLToPath(new URL('../../scripts/demo/main.ts', import.meta.url));

describe('npm run demo', () => {
  it('shows messages arriving through a trouble, and leaves nothing behind', async function () {
    this.timeout(60_000);
    const directory = await temporaryDirectory();
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [DEMO, '--seconds', '3'], {
        env: { ...process.env, TMPDIR: directory.path, NO_COLOR: '1' },
        timeout: 50_000,
      });
      expect(stdout).to.contain('Microsoft revokes the access token');
      expect(stdout).to.match(/3 messages from the device in \d+ s, 0 refused/);
      expect(stdout).to.contain('3 arrived at the simulated Microsoft, 0 did not, 0 came twice');
      expect(stdout).not.to.match(/eyJ[\w-]{20}/);
      const left = (await readdir(directory.path)).filter((name) => name.startsWith('postern-demo'));
      expect(left).to.deep.equal([]);
    } finally {
      await directory.remove();
    }
  });
});
