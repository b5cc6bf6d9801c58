import { expect } from 'chai';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { type AccessUnderTest, openAccess, PASSWORD, quickHashing, setupToken } from '../support/access.ts';

describe('signing in at the admin', () => {
  const metrics = createMetrics({ processMetrics: false });
  let under: AccessUnderTest;
  before(async () => {
    under = await openAccess({ meter: metrics.meter });
    const token = await setupToken(under.access);
    await under.access.setup.redeem({ token, name: 'Ada', password: PASSWORD }, origin(0));
  });
  after(() => under.close());

  const attempt = (name: string, password: string, from: number, access = under.access) =>
    access.signIn.attempt({ name, password, origin: origin(from) });

  it('records refusals in bounded amounts, with names that there are and nothing else that was typed', async () => {
    const typed = 'my password in the wrong field';
    for (let count = 0; count < 40; count += 1) {
      await attempt(`${typed} ${count}`, `guess ${count}`, count).catch(() => undefined);
    }
    await attempt('ADA', 'guess', 100).catch(() => undefined);
    expect(under.audited).to.have.lengthOf(20);
    under.clock.advance(60_000);
    await attempt('ADA', 'guess', 101).catch(() => undefined);
    expect(under.audited.at(-1)).to.deep.equal({
      caller: { kind: 'nobody', name: 'nobody' },
      address: '192.0.2.101',
      action: 'user.sign-in-refused',
      subject: 'Ada',
      text: 'A sign-in as Ada was refused: wrong password',
    });
    const kept = JSON.stringify(under.audited) + under.log.text();
    expect(kept).not.to.contain(typed).and.not.to.contain('guess');
    expect(await metrics.text()).to.contain('postern_sign_ins_total{result="refused"} 42');
  });

  it('makes the hash anew when it was made with another cost, and keeps the session that begins', async () => {
    under.clock.advance(3_600_000);
    const [before] = await under.store.access.users();
    const access = under.node({
      hashing: {
        ...quickHashing,
        isOld: (hash) => !hash.startsWith('new '),
        hash: async (password) => `new ${await quickHashing.hash(password)}`,
      },
    });
    const answer = await attempt('Ada', PASSWORD, 1, access);
    if (answer.state !== 'signed-in') throw new Error('not signed in');
    const [after] = await under.store.access.users();
    expect(after?.passwordHash).to.equal(`new ${before?.passwordHash}`);
    expect(await access.sessions.find(answer.cookie.reveal(), { background: true })).to.not.equal(undefined);
    await under.store.access.changeUser(after?.id ?? '', { passwordHash: before?.passwordHash ?? '' });
  });

  it('does not pass by a second factor that cannot be read with this master key', async () => {
    const [user] = await under.store.access.users();
    await under.store.access.changeUser(user?.id ?? '', { totp: 'v1.0000000000000000.' + 'A'.repeat(60) });
    const request = { name: 'Ada', password: PASSWORD, code: '123456', origin: origin(2) };
    const node = under.node({ sealer: createSealer(Buffer.alloc(32, 8)) });
    const error: unknown = await node.signIn.attempt(request).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error).and.to.include({ code: 'secret-unavailable' });
    expect((await attempt('Ada', PASSWORD, 3)).state).to.equal('code-needed');
  });
});

function origin(number: number) {
  return { address: `192.0.2.${number}`, agent: 'test' };
}
