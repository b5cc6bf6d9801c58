import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { verifyStepSchema } from '../../src/admin/contract-verify.ts';
import { run } from '../../src/cli/run.ts';
import { stepLines, verdict } from '../../src/cli/verify-lines.ts';
import { createVerify } from '../../src/delivery/verify/create-verify.ts';
import type { Verify } from '../../src/delivery/verify/step.ts';
import { verifyDependencies } from '../delivery/verify/support.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { typed } from '../support/command-line.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-smtp-server.ts';

const PASSWORD = 'planted-Correct-Horse';

describe('postern verify', () => {
  let running: RunningAdmin;
  let server: ScriptedServer;
  let env: Record<string, string>;
  beforeEach(async () => {
    server = await startScriptedServer({
      mechanisms: ['PLAIN'],
      user: 'relay@example.com',
      password: PASSWORD,
    });
    running = await startAdmin({ verify: createVerify(verifyDependencies()) });
    await writeFile(join(running.directory, 'admin.token'), `${TOKEN}\n`);
    env = { POSTERN_ADMIN: running.url, POSTERN_DATA: running.directory };
  });
  afterEach(async () => {
    await running.stop();
    await server.close();
  });

  const upstream = (name: string, password = PASSWORD) => ({
    name,
    kind: 'smtp',
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    authentication: { type: 'password', user: 'relay@example.com', password: { value: password } },
  });
  const configure = (...upstreams: readonly object[]) =>
    running.services.settings.apply({ upstreams }, { by: 'test', confined: false });

  it('tells each step and ends with a verdict', async () => {
    await configure(upstream('office'));
    const { code, out, err } = await typed(
      ['verify', '--upstream', 'office', '--send-to', 'admin@example.com'],
      env,
    );
    expect([code, err]).to.deep.equal([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).to.equal('Upstream office');
    expect(out).to.match(/^✓ tcp +\d+ ms {2}Connected to 127\.0\.0\.1 port \d+\.$/m);
    expect(out).to.match(/^✓ sign-in +\d+ ms {2}Signed in as relay@example\.com with PLAIN\.$/m);
    expect(out).to.match(/^ +“250 2\.0\.0 taken as 1”$/m);
    expect(lines.at(-1)).to.equal('Sending works.');
    expect(out).not.to.contain(PASSWORD).and.not.to.contain('\u001b');
    expect(server.transactions).to.have.length(1);
  });

  it('says why sending does not work and what to do, and exits with 1', async () => {
    await configure(upstream('office', 'wrong-password'));
    const { code, out } = await typed(['verify', '--upstream', 'office'], env);
    expect(code).to.equal(1);
    expect(out).to.match(
      /^✗ sign-in .*did not let Postern in as relay@example\.com\.\n +“535 5\.7\.8 bad credentials”\n +why: .*\n +to do: Check user name and password of the upstream office/m,
    );
    expect(out).to.match(/^– sender/m);
    expect(out.trimEnd().split('\n').at(-1)).to.match(
      /^Sending does not work: 127\.0\.0\.1 did not let Postern sign in.*\. What to do stands above, at sign-in\.$/,
    );
    expect(out).not.to.contain('wrong-password');
  });

  it('says which ways out of a file are not tried', async () => {
    await running.services.settings.apply(
      { upstreams: [upstream('office')], proxy: { url: 'http://proxy.example.com:3128' } },
      { by: 'test', confined: false },
    );
    const file = join(running.directory, 'other.json');
    const written = async (proxy: object) => {
      await writeFile(file, JSON.stringify({ upstreams: [upstream('office')], proxy }));
      return (await typed(['verify', '--settings', file], env)).err;
    };
    expect(await written({ url: 'http://proxy.example.com:3128' })).to.equal('');
    expect(await written({ url: 'http://other.example.com:3128' })).to.match(
      /^Note: proxy\.url of the file is not in force and is not tried/,
    );
  });

  it('verifies all upstreams in turn, and fails when one does', async () => {
    await configure(upstream('first'), upstream('second', 'wrong-password'));
    const { code, out } = await typed(['verify', '--sender', 'a@example.com'], env);
    expect(code).to.equal(1);
    expect(out).to.match(
      /^Upstream first\n[^]*as far as can be told[^]*\n\nUpstream second\n[^]*Sending does not work/,
    );
  });

  it('verifies a file that is not in force', async () => {
    const file = join(running.directory, 'new.yaml');
    await writeFile(file, JSON.stringify({ upstreams: [upstream('new')] }));
    expect((await typed(['verify', '--settings', file], env)).code).to.equal(0);
    await writeFile(file, 'accessUrl: http://localhost\nhostname: [1]\n');
    const wrong = await typed(['verify', '--settings', file, '--upstream', 'office'], env);
    expect(wrong.code).to.equal(1);
    expect(wrong.err).to.contain('line 2, column').and.contain('hostname');
  });

  it('prints JSON, a step on each line', async () => {
    await configure(upstream('office'));
    const { out, code } = await typed(['verify', '--json'], env);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(code).to.equal(0);
    expect(lines.at(-1)).to.deep.equal({ upstream: 'office', result: 'ok' });
    expect(lines.every((line) => line['upstream'] === 'office')).to.equal(true);
  });

  it('says that there is nothing to verify', async () => {
    const { code, err } = await typed(['verify'], env);
    expect(code).to.equal(1);
    expect(err).to.contain('No upstream is set');
  });

  it('fails when the node ends its answer in the middle', async () => {
    const told = Promise.withResolvers<void>();
    const other = await startAdmin({ verify: halfVerify(told.promise) });
    try {
      await writeFile(join(other.directory, 'admin.token'), `${TOKEN}\n`);
      let err = '';
      const code = await run(['verify', '--upstream', 'test-relay'], {
        out: (text) => {
          if (text.includes('fine')) told.resolve();
        },
        err: (text) => {
          err += text;
        },
        env: { POSTERN_ADMIN: other.url, POSTERN_DATA: other.directory },
        user: 'cli (tester)',
      });
      expect(code).to.equal(1);
      expect(err).to.contain('ended its answer before');
    } finally {
      await other.stop();
    }
  });
});

/** Ends with a fault behind its first step, once that has been heard. */
function halfVerify(heard: Promise<void>): Verify {
  return async function* () {
    yield { step: 'settings', result: 'ok', milliseconds: 1, text: 'fine' };
    await heard;
    throw new Error('gone');
  };
}

const ok = (step: string) => verifyStepSchema.parse({ step, result: 'ok', milliseconds: 1, text: 'Fine.' });

describe('the lines of postern verify', () => {
  const failed = verifyStepSchema.parse({
    step: 'tls',
    result: 'failed',
    milliseconds: 12_345,
    text: 'No.\u001b[2J',
    reply: { code: 454, enhanced: '4.7.0', text: 'not \u009b31m now' },
    cause: 'It is self-signed.',
    remedy: 'Import it: scripts/postern import-cert FILE',
    details: { chain: ['CN=\u202eevil'] },
  });

  it('steer no terminal, and have colours only where somebody looks', () => {
    const plain = stepLines(failed, false);
    expect(plain).to.equal(
      [
        '✗ tls          12.3 s  No.\\x1b[2J',
        '                       “454 4.7.0 not \\x9b31m now”',
        '                       certificate CN=\\u202eevil',
        '                       why: It is self-signed.',
        '                       to do: Import it: scripts/postern import-cert FILE',
        '',
      ].join('\n'),
    );
    expect(stepLines(failed, true).startsWith('\u001b[31m✗\u001b[0m tls')).to.equal(true);
  });

  it('end in one sentence', () => {
    const warning = verifyStepSchema.parse({
      step: 'tls',
      result: 'warning',
      milliseconds: 1,
      text: 'Soon.',
    });
    expect(verdict([ok('tcp'), failed])).to.equal(
      'Sending does not work: It is self-signed. What to do stands above, at tls.',
    );
    const long = { ...failed, cause: `mail.example.com showed a certificate (${'CN=x, '.repeat(40)})` };
    expect(verdict([ok('tcp'), long])).to.equal(
      'Sending does not work: mail.example.com showed a certificate. What to do stands above, at tls.',
    );
    expect(verdict([ok('tcp'), ok('message')])).to.equal('Sending works.');
    expect(verdict([ok('tcp'), warning, ok('message')])).to.equal(
      'Sending works. Look at the warning above.',
    );
    expect(verdict([ok('tcp'), ok('sender')])).to.match(
      /^Sending works, as far as can be told without a message; --send-to/,
    );
    expect(verdict([ok('settings')])).to.equal('Nothing leaves over this upstream.');
  });
});
