import { expect } from 'chai';
import type { DevicePoll } from '../../src/oauth/provider.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  ACCESS_TOKEN,
  DEVICE_CODE,
  grantOf,
  providerFailure,
  REFRESH_TOKEN,
  type SignInRooms,
  signInRooms,
} from '../support/sign-ins.ts';

/** Lets everything run that waits for no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

describe('sign-in by device code', () => {
  let clock: ManualClock;
  let rooms: SignInRooms;
  beforeEach(() => {
    clock = new ManualClock();
    rooms = signInRooms(clock);
  });
  afterEach(() => rooms.authorizations.close());

  const begin = () => rooms.authorizations.start('office', { by: 'admin', flow: 'device-code' });
  /** Moves on by seconds, and lets a poll end. */
  const pass = async (seconds: number) => {
    clock.advance(seconds * 1000);
    await settle();
  };
  const answers = (...polls: readonly (DevicePoll | Error)[]) => {
    const left = [...polls];
    rooms.provider.poll = async () => {
      const next = left.shift() ?? ({ kind: 'pending' } as const);
      if (next instanceof Error) throw next;
      return next;
    };
  };

  it('shows a code, asks at the interval, and ends authorized', async () => {
    answers({ kind: 'pending' }, { kind: 'granted', grant: grantOf() });
    const started = await begin();
    expect(started).to.include({ kind: 'device', userCode: 'ABCD-EFGH', email: 'relay@example.com' });
    await pass(4);
    expect(rooms.provider.polls).to.equal(0);
    await pass(1);
    expect(rooms.provider.polls).to.equal(1);
    await pass(5);
    expect(await rooms.authorizations.signIn(started.id)).to.include({
      state: 'authorized',
      account: 'relay@example.com',
    });
    await pass(60);
    expect(rooms.provider.polls).to.equal(2);
    const written = rooms.storage.text() + rooms.log.text();
    for (const word of [DEVICE_CODE, ACCESS_TOKEN, REFRESH_TOKEN]) expect(written).not.to.contain(word);
  });

  it('asks more slowly when it is told to, and when the provider is out of reach', async () => {
    answers({ kind: 'slow-down' }, providerFailure('unreachable', 'Out of reach.'));
    await begin();
    await pass(5);
    await pass(9);
    expect(rooms.provider.polls).to.equal(1);
    await pass(1);
    expect(rooms.provider.polls).to.equal(2);
    await pass(19);
    expect(rooms.provider.polls).to.equal(2);
    await pass(1);
    expect(rooms.provider.polls).to.equal(3);
  });

  it('ends when the code has expired, and asks no more', async () => {
    const { id } = await begin();
    for (let minute = 0; minute < 16; minute += 1) {
      for (let poll = 0; poll < 12; poll += 1) await pass(5);
    }
    expect(await rooms.authorizations.signIn(id)).to.include({
      state: 'failed',
      text: 'Nobody entered the code in time.',
    });
    expect(rooms.provider.polls).to.be.within(170, 180);
    expect(clock.pending).to.equal(0);
  });

  it('ends in the words of the provider when it is refused', async () => {
    answers(providerFailure('authentication', 'The account declined.', true));
    const { id } = await begin();
    await pass(5);
    expect(await rooms.authorizations.signIn(id)).to.include({
      state: 'failed',
      text: 'The account declined.',
      remedy: 'Mend it.',
    });
    expect(clock.pending).to.equal(0);
  });

  it('is replaced by the next one', async () => {
    const first = await begin();
    const second = await begin();
    expect(await rooms.authorizations.signIn(first.id)).to.include({
      state: 'failed',
      text: 'A later sign-in took its place.',
    });
    expect((await rooms.authorizations.signIn(second.id)).state).to.equal('pending');
    await pass(5);
    expect(rooms.provider.polls).to.equal(1);
  });

  it('takes nothing any more once it was forgotten or closed while the provider was asked', async () => {
    for (const stop of [
      () => rooms.authorizations.forget('office', 'admin'),
      () => rooms.authorizations.close(),
    ]) {
      const answer = Promise.withResolvers<DevicePoll>();
      rooms.provider.poll = () => answer.promise;
      await begin();
      await pass(5);
      await stop();
      answer.resolve({ kind: 'granted', grant: grantOf() });
      await settle();
      expect(rooms.storage.rows.size).to.equal(0);
      expect(clock.pending).to.equal(0);
    }
  });

  it('cannot be finished by a redirect', async () => {
    const { id } = await begin();
    const error: unknown = await rooms.authorizations.bind(id).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'not-found');
  });
});
