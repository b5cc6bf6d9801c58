import { expect } from 'chai';
import { type AuthStep, beginAuth } from '../../src/inbound/auth-exchange.ts';
import { createSignIn } from '../../src/inbound/sign-in.ts';
import { type LogLine, listLog } from '../support/inbound.ts';
import { ManualClock } from '../support/manual-clock.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Runs the exchange: the first line stands behind AUTH, the others answer challenges. */
function run(...lines: string[]): string {
  let step: AuthStep = beginAuth(lines[0] ?? '');
  const prompts: string[] = [];
  for (const line of lines.slice(1)) {
    if (step.kind !== 'challenge') break;
    prompts.push(step.text);
    step = step.answer(line);
  }
  const said = prompts.map((prompt) => `[${prompt}] `).join('');
  switch (step.kind) {
    case 'challenge':
      return `${said}[${step.text}]`;
    case 'credentials':
      return `${said}${step.user}/${step.password}`;
    case 'refused':
      return `${said}${step.reply.code} ${step.reply.enhanced}`;
  }
}

describe('AUTH', () => {
  for (const [lines, expected] of [
    [[`PLAIN ${base64('\0user\0pass')}`], 'user/pass'],
    [[`plain ${base64('other\0user\0pass')}`], 'user/pass'],
    [[`PLAIN ${base64('user\0\0pass')}`], 'user/pass'],
    [['PLAIN'], '[]'],
    [['PLAIN', base64('\0user\0pass')], '[] user/pass'],
    [['PLAIN', '*'], '[] 501 5.7.0'],
    [['PLAIN', 'not base64!'], '[] 501 5.5.2'],
    [['PLAIN ='], '501 5.5.2'],
    [[`PLAIN ${base64('user\0pass')}`], '501 5.5.2'],
    [[`PLAIN ${base64('\0\0pass')}`], '501 5.5.2'],
    [[`PLAIN ${base64('\0us\ner\0pass')}`], '501 5.5.2'],
    [[`PLAIN ${base64('\0u\0p')} more`], '501 5.5.4'],
    [['LOGIN'], '[VXNlcm5hbWU6]'],
    [['LOGIN', base64('user')], '[VXNlcm5hbWU6] [UGFzc3dvcmQ6]'],
    [['LOGIN', base64('user'), base64('pass')], '[VXNlcm5hbWU6] [UGFzc3dvcmQ6] user/pass'],
    [[`LOGIN ${base64('user')}`, base64('pass')], '[UGFzc3dvcmQ6] user/pass'],
    [['LOGIN', '*'], '[VXNlcm5hbWU6] 501 5.7.0'],
    [['LOGIN', base64('user'), '*'], '[VXNlcm5hbWU6] [UGFzc3dvcmQ6] 501 5.7.0'],
    [['LOGIN', base64('user'), '%%%%'], '[VXNlcm5hbWU6] [UGFzc3dvcmQ6] 501 5.5.2'],
    [['LOGIN', base64('x'.repeat(300)), base64('pass')], '[VXNlcm5hbWU6] [UGFzc3dvcmQ6] 501 5.5.2'],
    [['CRAM-MD5'], '504 5.5.4'],
    [[''], '504 5.5.4'],
  ] as const) {
    it(`${lines.join(' | ').slice(0, 60)} → ${expected}`, () => expect(run(...lines)).to.equal(expected));
  }
});

describe('signing in', () => {
  it('makes an address that guesses wait, longer each time, and lets it go on after the right password', async () => {
    const clock = new ManualClock();
    let checks = 0;
    const verify = async (_user: string, password: string) => {
      checks += 1;
      return password === 'right';
    };
    const signIn = createSignIn(verify, clock, listLog([]));
    const codes = async (count: number, password = 'wrong') => {
      const answers: unknown[] = [];
      for (let index = 0; index < count; index += 1) {
        answers.push((await signIn.attempt('192.0.2.1', 'user', password))?.code);
      }
      return answers;
    };
    expect(await codes(7)).to.deep.equal([535, 535, 535, 535, 535, 454, 454]);
    expect(checks, 'a waiting address costs no check').to.equal(5);
    expect((await signIn.attempt('192.0.2.2', 'user', 'wrong'))?.code, 'others do not wait').to.equal(535);
    clock.advance(5_000);
    expect(await codes(2)).to.deep.equal([535, 454]);
    clock.advance(9_000);
    expect(await codes(1, 'right'), 'twice as long').to.deep.equal([454]);
    clock.advance(1_000);
    expect(await codes(1, 'right')).to.deep.equal([undefined]);
    expect(await codes(5), 'the right password forgives').to.deep.equal([535, 535, 535, 535, 535]);
  });

  it('checks only a few passwords at once', async () => {
    const release: (() => void)[] = [];
    const signIn = createSignIn(
      () => new Promise((resolve) => release.push(() => resolve(true))),
      new ManualClock(),
      listLog([]),
    );
    const attempts = Array.from({ length: 20 }, () => signIn.attempt('192.0.2.1', 'user', 'pass'));
    expect(release).to.have.length(8);
    for (const finish of release) finish();
    const codes = (await Promise.all(attempts)).map((answer) => answer?.code);
    expect(codes.filter((code) => code === undefined)).to.have.length(8);
    expect(codes.filter((code) => code === 454)).to.have.length(12);
  });

  it('answers 454 when the check itself fails, and logs no password', async () => {
    const lines: LogLine[] = [];
    const signIn = createSignIn(() => Promise.reject(new Error('broken')), new ManualClock(), listLog(lines));
    expect((await signIn.attempt('192.0.2.1', 'user', 'geheim'))?.code).to.equal(454);
    expect(JSON.stringify(lines)).to.include('broken').and.not.include('geheim');
  });
});
