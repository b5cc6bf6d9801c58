import { expect } from 'chai';
import { hashFault, hashPassword, passwordMatches } from '../../src/settings/passwords.ts';
import type { PasswordSource } from '../../src/settings/schema-values.ts';
import { createSecretVerifier } from '../../src/settings/secret-verifier.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('hashPassword', () => {
  it('makes an argon2id hash that only the password has', async () => {
    const hash = await hashPassword(new Secret('pässwörd'));
    expect(hash).to.match(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(hashFault(hash)).to.equal(undefined);
    expect(await passwordMatches(hash, new Secret('pässwörd'))).to.equal(true);
    expect(await passwordMatches(hash, new Secret('passwörd'))).to.equal(false);
    expect(await hashPassword(new Secret('pässwörd'))).to.not.equal(hash);
  });

  it('understands hashes that other programs made', async () => {
    // The example of the reference implementation's command line: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 4 -l 24.
    const foreign = '$argon2id$v=19$m=64,t=1,p=2$c29tZXNhbHQ$';
    const { argon2Sync } = await import('node:crypto');
    const tag = argon2Sync('argon2id', {
      message: 'password',
      nonce: Buffer.from('somesalt'),
      memory: 64,
      passes: 1,
      parallelism: 2,
      tagLength: 24,
    });
    expect(await passwordMatches(foreign + tag.toString('base64'), new Secret('password'))).to.equal(true);
  });

  it('refuses hashes that are malformed or meant to cost everything', async () => {
    for (const hash of [
      '',
      '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA',
      '$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA',
      '$argon2id$v=19$m=19456,t=99,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA',
      '$argon2id$v=19$m=8,t=1,p=2$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA',
      '$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA',
    ]) {
      expect(hashFault(hash), hash).to.be.a('string');
      expect(await passwordMatches(hash, new Secret('x')), hash).to.equal(false);
    }
  });
});

describe('createSecretVerifier', () => {
  let hash: string;
  let reads: PasswordSource[];
  let stored: string;
  let clock: ManualClock;
  let verify: ReturnType<typeof createSecretVerifier>;
  before(async () => {
    hash = await hashPassword(new Secret('right'));
  });
  beforeEach(() => {
    reads = [];
    stored = 'right';
    clock = new ManualClock();
    verify = createSecretVerifier({
      clock,
      async read(source) {
        reads.push(source);
        return new Secret(stored);
      },
    });
  });

  const timeOf = async (count: number) => {
    const started = performance.now();
    for (let index = 0; index < count; index += 1) expect(await verify({ hash }, 'right')).to.equal(true);
    return performance.now() - started;
  };

  it('tells right from wrong for every kind of source', async () => {
    for (const source of [{ hash }, { env: 'X' }, { file: 'x' }, { command: ['x'] }, { sealed: 'x' }]) {
      expect(await verify(source, 'right'), JSON.stringify(source)).to.equal(true);
      for (const wrong of ['', 'righ', 'right ', 'RIGHT', 'x'.repeat(2000)]) {
        expect(await verify(source, wrong), wrong).to.equal(false);
      }
    }
  });

  it('remembers a right password for a minute, so that a busy device costs one hash', async () => {
    const first = await timeOf(1);
    expect(await timeOf(200)).to.be.below(Math.max(first * 50, 50));
    clock.advance(60_001);
    expect(await timeOf(1)).to.be.above(first / 10);
  });

  it('forgets at once when the password is changed', async () => {
    expect(await verify({ hash }, 'right')).to.equal(true);
    expect(await verify({ hash: await hashPassword(new Secret('new')) }, 'right')).to.equal(false);
  });

  it('reads files and variables each time, and remembers what commands gave only for a right password', async () => {
    await verify({ env: 'X' }, 'right');
    stored = 'changed';
    expect(await verify({ env: 'X' }, 'right')).to.equal(false);
    stored = 'right';
    reads = [];
    for (const attempt of ['wrong', 'wrong', 'right', 'right', 'right'])
      await verify({ command: ['x'] }, attempt);
    expect(reads).to.have.length(3);
  });

  it('works on one answer for all who ask the same at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => verify({ command: ['x'] }, 'wrong')));
    expect(answers).to.deep.equal(Array.from({ length: 50 }, () => false));
    expect(reads).to.have.length(1);
  });

  it('is false for a user that does not exist, as slowly as for one that does', async () => {
    const time = async (source: PasswordSource | undefined) => {
      const started = performance.now();
      expect(await verify(source, `wrong ${started}`)).to.equal(false);
      return performance.now() - started;
    };
    const median = async (source: PasswordSource | undefined) => {
      const times = [];
      for (let index = 0; index < 5; index += 1) times.push(await time(source));
      return times.toSorted((a, b) => a - b)[2] ?? 0;
    };
    const [existing, missing] = [await median({ hash }), await median(undefined)];
    expect(missing).to.be.within(existing / 10, existing * 10);
    expect(await verify(undefined, 'right')).to.equal(false);
    expect(await verify(undefined, '')).to.equal(false);
  });

  it('refuses more guesses than it can work on, and recovers', async () => {
    const guesses = Array.from({ length: 130 }, (_, index) =>
      verify({ hash: hash.replace('m=19456,t=2', 'm=64,t=1') }, `guess ${index}`).then(
        (matches) => (matches ? 'right' : 'wrong'),
        (error: unknown) => (error instanceof RelayError ? error.code : 'bug'),
      ),
    );
    const answers = await Promise.all(guesses);
    expect(answers.filter((answer) => answer === 'wrong')).to.have.length(102);
    expect(answers.filter((answer) => answer === 'overloaded')).to.have.length(28);
    expect(await verify({ hash }, 'right')).to.equal(true);
  });

  it('passes on that a source does not answer, and asks it again', async () => {
    let failures = 0;
    const failing = createSecretVerifier({
      clock,
      read: () => Promise.reject(new RelayError('secret-unavailable', `no ${(failures += 1)}`)),
    });
    for (const source of [{ env: 'X' }, { command: ['x'] }, { command: ['x'] }]) {
      const error: unknown = await failing(source, 'x').catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RelayError);
    }
    expect(failures).to.equal(3);
  });
});
