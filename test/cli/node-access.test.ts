import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { typed } from '../support/command-line.ts';

describe('how commands find the node', () => {
  let running: RunningAdmin;
  beforeEach(async () => {
    running = await startAdmin();
  });
  afterEach(() => running.stop());

  it('says in one sentence that nobody answers', async () => {
    const { code, err } = await typed([
      'queue',
      'list',
      '--admin',
      '127.0.0.1:1',
      '--data',
      running.directory,
    ]);
    expect(code).to.equal(1);
    expect(err.split('\n')[0]).to.equal('postern queue list: No Postern answers at 127.0.0.1:1.');
  });

  it('takes the flags before the environment', async () => {
    await writeFile(join(running.directory, 'other.token'), TOKEN);
    const { code } = await typed(
      ['queue', 'list', '--admin', running.url, '--admin-token-file', join(running.directory, 'other.token')],
      { POSTERN_ADMIN: '127.0.0.1:1', POSTERN_ADMIN_TOKEN_FILE: '/nonexistent' },
    );
    expect(code).to.equal(0);
  });

  it('names the token file that is missing when the node wants a token', async () => {
    const { code, err } = await typed(['queue', 'list', '--admin', running.url, '--data', running.directory]);
    expect(code).to.equal(1);
    expect(err).to.contain('admin.token is not there').and.contain('--data');
  });

  it('says so when the token is wrong, and prints no token', async () => {
    await writeFile(join(running.directory, 'admin.token'), 'wrong-but-long-enough-to-be-one');
    const { code, err } = await typed(['queue', 'list', '--admin', running.url, '--data', running.directory]);
    expect(code).to.equal(1);
    expect(err).to.contain('token is not valid').and.not.contain('wrong-but');
  });

  it('needs no token to ask whether it is ready', async () => {
    expect(await typed(['ready', '--admin', running.url])).to.deep.equal({
      code: 0,
      out: 'Ready.\n',
      err: '',
    });
  });

  it('waits no longer than it is told to', async () => {
    const start = performance.now();
    const { code } = await typed(['ready', '--wait', '--timeout', '1', '--admin', '127.0.0.1:1']);
    expect(code).to.equal(1);
    expect(performance.now() - start).to.be.within(600, 3000);
  });

  it('is not confused by another server at the address', async () => {
    const other = createServer((_request, response) => response.writeHead(404).end('<html>\u001b[31m'));
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { code, err } = await typed(['queue', 'list', '--admin', `127.0.0.1:${port}`]);
    other.close();
    expect(code).to.equal(1);
    expect(err).to.contain('is not Postern (HTTP 404)').and.not.contain('\u001b');
  });
});
