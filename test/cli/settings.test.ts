import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { typed } from '../support/command-line.ts';

describe('postern settings and import-cert', () => {
  let running: RunningAdmin;
  let env: Record<string, string>;
  let file: string;
  beforeEach(async () => {
    running = await startAdmin();
    await writeFile(join(running.directory, 'admin.token'), `${TOKEN}\n`);
    env = { POSTERN_ADMIN: running.url, POSTERN_DATA: running.directory };
    file = join(running.directory, 'settings.yaml');
  });
  afterEach(() => running.stop());

  it('apply a file, print what is in force, tell the history and go back', async () => {
    await writeFile(file, '# ours\nhostname: relay.example.com\n');
    const applied = await typed(['settings', 'apply', file], env);
    expect(applied).to.deep.equal({ code: 0, out: 'Revision 2 is in force.\n', err: '' });
    expect((await typed(['settings', 'get'], env)).out)
      .to.contain('# revision 2')
      .and.contain('hostname: relay.example.com');
    expect((await typed(['settings', 'history'], env)).out).to.match(/\n2 .*cli \(tester\)/);
    expect((await typed(['settings', 'rollback', '1'], env)).code).to.equal(0);
    expect((await typed(['settings', 'get'], env)).out).not.to.contain('hostname');
  });

  it('change nothing in a dry run, nor over another revision', async () => {
    await writeFile(file, '{"hostname": "relay.example.com"}');
    expect((await typed(['settings', 'apply', file, '--dry-run'], env)).out).to.contain(
      'nothing was changed',
    );
    const late = await typed(['settings', 'apply', file, '--if-revision', '7'], env);
    expect(late.code).to.equal(1);
    expect(late.err).to.contain('changed meanwhile');
    expect((await typed(['settings', 'get', '--json'], env)).out).to.contain('"revision": 1');
  });

  it('name the line of each fault that the node finds', async () => {
    await writeFile(file, 'accessUrl: http://localhost\nhostname: [1]\n');
    const { code, err } = await typed(['settings', 'apply', file], env);
    expect(code).to.equal(1);
    expect(err).to.contain('line 2, column').and.contain('hostname');
  });

  for (const wrong of [
    ['settings', 'rollback', 'x'],
    ['settings', 'rollback', '-1'],
    ['settings', 'apply'],
  ]) {
    it(`end with 2 for: ${wrong.join(' ')}`, async () => {
      expect((await typed(wrong, env)).code).to.equal(2);
    });
  }

  it('fail in words for a file that is not there', async () => {
    const { code, err } = await typed(['settings', 'apply', join(running.directory, 'none.yaml')], env);
    expect(code).to.equal(1);
    expect(err).to.contain('is not there');
    const missing = join(running.directory, 'none.pem');
    const imported = await typed(['import-cert', missing], env);
    expect(imported).to.deep.include({ code: 1, err: `postern import-cert: ${missing} is not there.\n` });
  });

  it('name faults in the order of the file, and a single one only once', async () => {
    const faulty = join(running.directory, 'faults.yaml');
    await writeFile(
      faulty,
      'nonsense: 1\nlisteners: [{ name: a, port: x }]\ndefaultUpstream: nix\nhostname: "a b"\n',
    );
    const { code, err } = await typed(['check', faulty], env);
    expect(code).to.equal(1);
    const lines = [...err.matchAll(/^ {2}line (\d)/gm)].map(([, line]) => line);
    expect(lines).to.deep.equal(['1', '2', '3', '4']);
    const test = await typed(['send-test', '--to', 'nobody'], env);
    expect(test.err.match(/is not an e-mail address/g)).to.have.length(1);
  });

  it('hand a certificate to the running node, in PEM and in DER', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    await writeFile(join(running.directory, 'mail server.pem'), pem);
    await writeFile(join(running.directory, 'mail.der'), Buffer.from('0\u0082CERTIFICATE\u00ff', 'latin1'));
    for (const name of ['mail server.pem', 'mail.der']) {
      const { code, err } = await typed(['import-cert', join(running.directory, name)], env);
      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    }
    expect(running.imported.map(({ name }) => name)).to.deep.equal(['mail-server.pem', 'mail.der']);
    expect(running.imported[1]?.bytes.toString('latin1')).to.equal('0\u0082CERTIFICATE\u00ff');
  });
});
