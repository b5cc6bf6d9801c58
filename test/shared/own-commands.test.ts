import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { authorizeCommand, ownCommand, verifyCommand } from '../../src/shared/own-commands.ts';

describe('commands in remedies', () => {
  it('name the upstream as it is where a shell takes it so', () => {
    expect(authorizeCommand('office-2')).to.equal('scripts/postern authorize office-2');
    expect(verifyCommand('office-2')).to.equal('scripts/postern verify --upstream office-2');
  });

  it('begin as this process was begun', () => {
    const before = process.env['POSTERN_COMMAND'];
    try {
      process.env['POSTERN_COMMAND'] = '/usr/local/bin/postern';
      expect(ownCommand('alerts')).to.equal('/usr/local/bin/postern alerts');
      process.env['POSTERN_COMMAND'] = '/srv/our relay/scripts/postern';
      expect(authorizeCommand('office')).to.equal("'/srv/our relay/scripts/postern' authorize office");
    } finally {
      if (before === undefined) delete process.env['POSTERN_COMMAND'];
      else process.env['POSTERN_COMMAND'] = before;
    }
  });

  for (const name of ['Büro', 'two words', "it's; rm -rf $HOME", '`id`', '"', '--help me', '*']) {
    it(`give a shell the name ${name} whole`, () => {
      for (const command of [authorizeCommand(name), verifyCommand(name)]) {
        const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' });
        expect(words.split('\n').at(-2)).to.equal(name);
      }
    });
  }
});
