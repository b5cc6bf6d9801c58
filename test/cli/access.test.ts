import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { readHiddenLine } from '../../src/cli/read-hidden-line.ts';
import { run } from '../../src/cli/run.ts';
import { passwordMatches } from '../../src/settings/passwords.ts';
import { Secret } from '../../src/shared/secret.ts';
import { type AccessUnderTest, openAccess, PASSWORD } from '../support/access.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { typed } from '../support/command-line.ts';
import { until } from '../support/until.ts';

describe('the command line for users and tokens', () => {
  let under: AccessUnderTest;
  let running: RunningAdmin;
  let flags: readonly string[];
  before(async () => {
    under = await openAccess();
    running = await startAdmin({ access: under.access });
    const file = join(running.directory, 'token');
    await writeFile(file, TOKEN);
    flags = ['--admin', running.url, '--admin-token-file', file];
  });
  after(async () => {
    await running.stop();
    await under.close();
  });
  const postern = (...argv: readonly string[]) => typed([...argv, ...flags]);

  it('prints a setup link alone on standard output', async () => {
    const { code, out, err } = await postern('setup-link');
    expect([code, err]).to.deep.equal([
      0,
      'Open it in a browser. It is good once, and links from before are void.\n',
    ]);
    expect(out).to.match(/^http:\/\/localhost:8025\/setup#[\w-]{43}\n$/);
    const token = out.trim().split('#')[1] ?? '';
    await under.access.setup.redeem({ token, name: 'Ada', password: PASSWORD }, { address: '', agent: '' });
    expect((await postern('setup-link')).err).to.match(/^Open it in a browser before /);
  });

  it('adds, lists, resets and removes users', async () => {
    const added = await postern(
      'users',
      'add',
      'Olga Operator',
      '--role',
      'operator',
      '--email',
      'o@example.com',
      '--welcome',
    );
    expect([added.code, added.out]).to.satisfy(
      ([code, out]: [number, string]) => code === 0 && /^[\w-]{19}\n$/.test(out),
    );
    expect(added.err).to.match(/Added Olga Operator as operator\.[\s\S]*The welcome mail is queued as /);
    const list = (await postern('users', 'list')).out
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, ' | '));
    expect(list[0]).to.equal('NAME | ROLE | E-MAIL | SECOND FACTOR | LAST SIGN-IN | STATE');
    expect(list[2]).to.equal(
      'Olga Operator | operator | o@example.com | no | never | has to choose a password',
    );
    const reset = await postern('users', 'reset', 'olga operator');
    expect(reset.out)
      .to.match(/^[\w-]{19}\n$/)
      .and.not.to.equal(added.out);
    const answer = await under.access.signIn.attempt({
      name: 'Olga Operator',
      password: reset.out.trim(),
      origin: { address: '192.0.2.1', agent: '' },
    });
    expect(answer.state).to.equal('signed-in');
    expect((await postern('users', 'remove', 'Olga Operator')).out).to.equal('Removed Olga Operator.\n');
    const gone = await postern('users', 'remove', 'Olga Operator');
    expect([gone.code, gone.err]).to.deep.equal([
      1,
      'postern users remove: There is no user Olga Operator.\nThere are Ada.\n',
    ]);
    const last = await postern('users', 'remove', 'Ada');
    expect(last.code).to.equal(1);
    expect(last.err).to.contain('no administrator would be left');
    for (const wrong of [
      ['users', 'add'],
      ['users', 'add', 'x', '--role', 'root'],
      ['users', 'add', 'x', '--welcome'],
    ]) {
      expect((await postern(...wrong)).code, wrong.join(' ')).to.equal(2);
    }
  });

  it('makes, lists and revokes tokens', async () => {
    const made = await postern(
      'tokens',
      'create',
      'job',
      '--scope',
      'status.read',
      '--scope',
      'settings.machine-secrets',
      '--days',
      '30',
    );
    expect(made.code).to.equal(0);
    expect(made.out).to.match(/^postern_[\w-]{43}\n$/);
    expect(made.err).to.contain('never again');
    const listed = (await postern('tokens', 'list')).out;
    expect(listed).to.contain('job').and.to.contain('cli (tester)').and.not.to.contain(made.out.trim());
    expect((await postern('tokens', 'list', '--json')).out).to.contain('"scopes"');
    expect((await postern('tokens', 'revoke', 'JOB')).out).to.equal('Revoked job.\n');
    expect((await postern('tokens', 'revoke', 'job')).code).to.equal(1);
    expect((await postern('tokens', 'create', 'x')).code).to.equal(2);
    expect((await postern('tokens', 'create', 'x', '--scope', 'all')).code).to.equal(2);
    expect((await postern('tokens', 'create', 'x', '--scope', 'status.read', '--days', '0')).code).to.equal(
      2,
    );
  });

  it('hashes a password that is typed unseen', async () => {
    const { code, out } = await hash(PASSWORD);
    expect(code).to.equal(0);
    expect(await passwordMatches(out.trim(), new Secret(PASSWORD))).to.equal(true);
    for (const wrong of ['short', undefined, 'x'.repeat(257)]) expect((await hash(wrong)).code).to.equal(1);
  });

  it('shows nothing of what is typed on a terminal', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
    const output = new PassThrough();
    let shown = '';
    output.on('data', (piece: Buffer) => {
      shown += piece.toString();
    });
    const read = readHiddenLine('Password: ', input, output);
    input.write('a secret of mine\r');
    expect(await read).to.equal('a secret of mine');
    await until(() => shown === 'Password: \n', 'the question alone is shown');
    const pipe = new PassThrough();
    pipe.end('from a file\nmore');
    expect(await readHiddenLine('Password: ', pipe, output)).to.equal('from a file');
    const empty = new PassThrough();
    empty.end();
    expect(await readHiddenLine('Password: ', empty, output)).to.equal(undefined);
    expect(shown).to.equal('Password: \n');
  });
});

async function hash(password: string | undefined): Promise<{ code: number; out: string }> {
  let out = '';
  const code = await run(['hash-password'], {
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    env: {},
    user: 'tester',
    hiddenLine: async () => password,
  });
  return { code, out };
}
