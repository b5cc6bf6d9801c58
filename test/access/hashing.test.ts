import { expect } from 'chai';
import { createHashing } from '../../src/access/hashing.ts';
import { passwordFault } from '../../src/access/password-rules.ts';
import { RelayError } from '../../src/shared/errors.ts';

describe('passwords of people', () => {
  it('are kept as argon2id with the parameters of OWASP, however their letters are composed', async () => {
    const hashing = createHashing();
    const hash = await hashing.hash('Zoe\u0308 und vier andere');
    expect(hash).to.match(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await hashing.matches(hash, 'Zo\u00eb und vier andere', false)).to.equal(true);
    expect(await hashing.matches(hash, 'Zoe und vier andere', false)).to.equal(false);
    expect(hashing.isOld(hash)).to.equal(false);
    expect(hashing.isOld(hash.replace('t=2', 't=1'))).to.equal(true);
    expect(hashing.isOld(hash.replace('m=19456', 'm=65536'))).to.equal(true);
  });

  it('are never right for nobody, whose check is one of the same cost', async () => {
    const hashing = createHashing();
    expect(await hashing.matches(undefined, '', false)).to.equal(false);
    const cost = async (hash: string | undefined) => {
      const start = process.cpuUsage();
      await hashing.matches(hash, 'wrong', false);
      return process.cpuUsage(start).user;
    };
    const hash = await hashing.hash('right');
    // By the processor's time, which waiting for others does not change; a path without a hash would take a hundredth.
    const [known, nobody] = [await cost(hash), await cost(undefined)];
    expect(nobody).to.be.greaterThan(known / 5);
  });

  it('are checked two at once, those of known browsers first, and beyond a minute of work not at all', async () => {
    const hashing = createHashing();
    const order: string[] = [];
    const check = (who: string, known: boolean) =>
      hashing.matches(undefined, 'wrong', known).then(
        () => order.push(who),
        (error: unknown) => {
          expect(error).to.be.instanceOf(RelayError).and.to.include({ code: 'overloaded' });
          order.push(`${who} refused`);
        },
      );
    const strangers = Array.from({ length: 5 }, (_, index) => check(`stranger ${index}`, false));
    const known = check('known', true);
    await known;
    expect(order.length).to.be.lessThan(5);
    await Promise.all(strangers);
    const many = Array.from({ length: 2 + 60 + 3 }, (_, index) =>
      hashing.matches('$nonsense', String(index), false),
    );
    const ends = await Promise.allSettled(many);
    expect(ends.filter(({ status }) => status === 'rejected')).to.have.lengthOf(3);
  });

  for (const [password, name, fault] of [
    ['four unusual words together', 'Ada', undefined],
    ['Zaunkönig trifft Kaffeetasse', 'Ada', undefined],
    ['kq8!vX2#mR5z', 'Ada', undefined],
    ['password for the admin of mail', 'Ada', undefined],
    ['password1234', 'Ada', 'tried first'],
    ['P@ssw0rd2026', 'Ada', 'tried first'],
    ['Passwort2026!', 'Ada', 'tried first'],
    ['adminadminadmin', 'Ada', 'tried first'],
    ['administrator!', 'Ada', 'tried first'],
    ['qwertyuiop123', 'Ada', 'tried first'],
    ['123456789012', 'Ada', 'tried first'],
    ['ababababababab', 'Ada', 'repeats'],
    ['            ', 'Ada', 'repeats'],
    ['mueller-hannah1', 'hannah.mueller', 'name of its user'],
    ['HannahMueller26', 'Hannah Mueller', 'name of its user'],
    ['example.com.ada', 'Ada', 'name of its user'],
  ] as const) {
    it(`${fault === undefined ? 'may be' : 'may not be'} "${password}" for ${name}`, () => {
      const found = passwordFault(password, { name, email: 'ada@example.com' });
      if (fault === undefined) expect(found).to.equal(undefined);
      else expect(found).to.contain(fault);
    });
  }
});
