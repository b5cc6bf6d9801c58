import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { readLine } from '../../src/cli/read-line.ts';
import { run } from '../../src/cli/run.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { createBrowser } from '../support/sign-in-browser.ts';
import {
  answerTo,
  CODE,
  grantOf,
  providerFailure,
  type SignInRooms,
  signInRooms,
  signInSettings,
} from '../support/sign-ins.ts';
import { until } from '../support/until.ts';

describe('postern authorize', () => {
  let running: RunningAdmin;
  let rooms: SignInRooms;
  let out: string;
  let err: string;
  beforeEach(async () => {
    rooms = signInRooms(systemClock);
    running = await startAdmin({ authorizations: rooms.authorizations });
    rooms.set(signInSettings({ accessUrl: running.url }));
    await writeFile(join(running.directory, 'admin.token'), `${TOKEN}\n`);
    out = '';
    err = '';
  });
  afterEach(async () => {
    await running.stop();
    await rooms.authorizations.close();
  });

  function typed(argv: readonly string[], line?: () => Promise<string | undefined>): Promise<number> {
    return run(['authorize', ...argv], {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      env: { POSTERN_ADMIN: running.url, POSTERN_DATA: running.directory },
      user: 'cli (tester)',
      ...(line === undefined ? {} : { line }),
    });
  }
  const printed = async (pattern: RegExp): Promise<string> => {
    await until(() => pattern.test(out), `${pattern.source} is printed`);
    return pattern.exec(out)?.[1] ?? '';
  };

  it('prints our link, waits for the browser, and says who has signed in', async () => {
    const ended = typed(['office']);
    const link = await printed(/^ {2}(http:\S+)$/m);
    expect(link).to.match(/\/login\/authorize\/[\w-]{22}$/);
    expect(out)
      .to.contain('Sign in as relay@example.com for the upstream office.')
      .and.contain(`${running.url}/login/smtp-verification`);
    const browser = createBrowser();
    const { location = '' } = (await browser.go(link)).headers;
    await browser.go(`${running.url}/login/smtp-verification?${answerTo(location).toString()}`);
    expect(await ended).to.equal(0);
    expect(out).to.match(
      /Authorized as relay@example\.com\.\nNext: scripts\/postern verify --upstream office\n$/,
    );
    expect((await rooms.authorizations.status())[0]?.authorizedBy).to.equal('cli (tester)');
  });

  it('says why it failed, and what to do', async () => {
    rooms.provider.redeem = () =>
      Promise.reject(providerFailure('authentication', 'The secret \u001b[31mhas expired.'));
    const ended = typed(['office', '--redirect-path', '/pmpredirect/AzureOAuth']);
    const link = await printed(/^ {2}(http:\S+)$/m);
    const browser = createBrowser();
    const { location = '' } = (await browser.go(link)).headers;
    expect(location).to.contain('AzureOAuth');
    await browser.go(`${running.url}/pmpredirect/AzureOAuth?${answerTo(location).toString()}`);
    expect(await ended).to.equal(1);
    expect(err).to.equal('Not authorized: The secret \\x1b[31mhas expired.\nWhat to do: Mend it.\n');
  });

  it('takes a pasted address where no browser reaches Postern', async () => {
    rooms.provider.redeem = async () => grantOf('boss@example.com');
    const code = await typed(['office', '--paste'], async () => {
      const direct = await printed(/^ {2}(https:\S+)$/m);
      return `  http://localhost:1/login/smtp-verification?${answerTo(direct).toString()}  `;
    });
    expect(code).to.equal(0);
    expect(out)
      .to.contain('Authorized as boss@example.com.')
      .and.contain('Note: boss@example.com has signed in, while the settings name relay@example.com.');
    expect(out + err).not.to.contain(CODE);
  });

  it('fails in words when nothing or something else was pasted', async () => {
    expect(await typed(['office', '--paste'], async () => undefined)).to.equal(1);
    expect(err).to.contain('No address was pasted.');
    let pasted = 0;
    const hello = async () => {
      pasted += 1;
      return 'hello';
    };
    expect(await typed(['office', '--paste'], hello)).to.equal(1);
    expect(err).to.contain('not the address at which the browser ended');
    expect(pasted).to.equal(5);
  });

  it('asks again when something else was pasted, and the sign-in goes on', async () => {
    const pasted = ['hello'];
    const code = await typed(['office', '--paste'], async () => {
      const direct = await printed(/^ {2}(https:\S+)$/m);
      return pasted.shift() ?? `http://localhost:1/login/smtp-verification?${answerTo(direct).toString()}`;
    });
    expect(code, err).to.equal(0);
    expect(err).to.match(/not the address at which the browser ended[^]*Paste it again:\n$/);
  });

  it('shows the code for another device, and waits for it', async () => {
    rooms.provider.poll = async () => ({ kind: 'granted', grant: grantOf() });
    const ended = typed(['office', '--device']);
    await printed(/(A B C D - E F G H) +\(ABCD-EFGH\)/);
    expect(out).to.contain('https://provider.example.com/device');
    // The polling of the provider begins after its interval of 5 s.
    expect(rooms.provider.polls).to.equal(0);
    await rooms.authorizations.forget('office', 'another');
    expect(await ended).to.equal(1);
    expect(err).to.contain('another ended it.');
  });

  it('prints a line of JSON for each step', async () => {
    const ended = typed(['office', '--json']);
    const direct = await printed(/"direct":"([^"]+)"/);
    await rooms.authorizations.finish(answerTo(direct), { authenticated: true });
    expect(await ended).to.equal(0);
    const lines = out.trim().split('\n');
    expect(lines.map((line) => typeof JSON.parse(line))).to.deep.equal(lines.map(() => 'object'));
    expect(lines.at(-1)).to.contain('"state":"authorized"');
  });

  it('prints the redirect URIs, and forgets', async () => {
    expect(await typed(['office', '--redirect-uris'])).to.equal(0);
    expect(out).to.equal(`${running.url}/login/smtp-verification\n${running.url}/pmpredirect/AzureOAuth\n`);
    expect(await typed(['office', '--forget'])).to.equal(0);
    expect(out).to.contain('Forgotten: the consent of upstream office.');
  });

  for (const [argv, code, text] of [
    [['app'], 1, 'Nothing has to be authorized for upstream app'],
    [['nowhere'], 1, 'There is no upstream named nowhere.'],
    [[], 2, 'UPSTREAM is missing'],
    [['office', '--device', '--paste'], 2, 'do not go together'],
    [['office', '--device', '--redirect-path', '/x'], 2, 'no use for --redirect-path'],
    [['office', '--redirect-path', '/x'], 1, 'no redirect path of Postern'],
  ] as const) {
    it(`ends with ${code} and says why: authorize ${argv.join(' ')}`, async () => {
      expect(await typed(argv)).to.equal(code);
      expect(err).to.contain(text);
    });
  }

  it('reads a line longer than terminals take, and the end of input', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const long = readLine(input, output);
    input.write(`${'x'.repeat(6000)}\nmore\n`);
    expect(await long).to.have.length(6000);
    const empty = new PassThrough();
    const none = readLine(empty, output);
    empty.end();
    expect(await none).to.equal(undefined);
  });
});
