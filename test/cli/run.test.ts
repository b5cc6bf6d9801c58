import { expect } from 'chai';
import { typed } from '../support/command-line.ts';

describe('a command that does not exist', () => {
  for (const [wrong, right] of [
    ['auhtorize', 'authorize'],
    ['verfy', 'verify'],
    ['setings', 'settings'],
    ['importcert', 'import-cert'],
  ] as const) {
    it(`${wrong}: was ${right} meant`, async () => {
      const { code, err } = await typed([wrong]);
      expect(err).to.equal(`postern: there is no command "${wrong}"; did you mean ${right}?\n`);
      expect(code).to.equal(2);
    });
  }

  it('is like none of ours: where all of them are', async () => {
    expect((await typed(['xyzzy'])).err).to.match(/see scripts\/postern --help\n$/);
  });

  it('a verb is missing: which there are', async () => {
    expect((await typed(['queue', 'shwo'])).err).to.match(
      /needs one of list, show, .*; see scripts\/postern queue --help\n$/,
    );
  });
});
