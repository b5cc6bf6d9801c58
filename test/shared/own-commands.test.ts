import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { authorizeCommand, verifyCommand } from '../../src/shared/own-commands.ts';

describe('commands in remedies', () => {
  it('name the upstream as it is where a shell takes it so', () => {
    expect(authorizeCommand('office-2')).to.equal('scripts/postern authorize office-2');
    expect(verifyCommand('office-2')).to.equal('scripts/postern verify --upstream office-2');
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
