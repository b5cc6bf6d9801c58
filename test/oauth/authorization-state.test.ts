import { expect } from 'chai';
import { authorizationState } from '../../src/oauth/authorization-state.ts';
import type { StoredAuthorization } from '../../src/oauth/storage.ts';

const row = (changes: Partial<StoredAuthorization> = {}): StoredAuthorization => ({
  upstream: 'office',
  subject: '',
  key: 'key',
  refreshToken: 'sealed',
  authorizedAt: 1,
  authorizedBy: 'admin',
  renewedAt: 1,
  version: 1,
  ...changes,
});

const failed = (refusals: number): Partial<StoredAuthorization> => ({
  failure: { at: 1, reason: 'authentication', text: 'It was refused.', remedy: 'Look.', refusals },
});

describe('the state of an authorization', () => {
  for (const [title, stored, consent, state, words] of [
    ['nobody has consented', undefined, true, 'none', 'Nobody has authorized upstream office yet'],
    ['an application has had no token yet', undefined, false, 'none', undefined],
    ['the settings are others', row({ key: 'other' }), true, 'stale', 'have changed since it was authorized'],
    ['the settings of an application are others', row({ key: 'other' }), false, 'none', undefined],
    ['all is well', row(), true, 'authorized', undefined],
    ['the last renewal failed', row(failed(0)), true, 'failing', 'It was refused.'],
    ['it was refused twice', row(failed(2)), true, 'failing', 'It was refused.'],
    ['it was refused three times', row(failed(3)), true, 'void', 'any more: It was refused.'],
    [
      'it is of other settings and was refused',
      row({ ...failed(3), key: 'x' }),
      true,
      'stale',
      'have changed',
    ],
  ] as const) {
    it(`is ${state} when ${title}`, () => {
      const condition = authorizationState('office', stored, 'key', consent);
      expect(condition.state).to.equal(state);
      if (words === undefined) expect(condition).to.not.have.property('text');
      else expect(condition.text).to.contain(words);
      const again = ['none', 'stale', 'void'].includes(state) && consent;
      if (again) expect(condition.remedy).to.contain('scripts/postern authorize office');
    });
  }

  it('warns when there is no refresh token', () => {
    const { refreshToken: _none, ...without } = row();
    const condition = authorizationState('office', without, 'key', true);
    expect(condition).to.include({ state: 'authorized' });
    expect(condition.text).to.contain('gave no refresh token');
  });

  it('quotes a name that a shell would take apart', () => {
    const condition = authorizationState("it's; rm", undefined, 'key', true);
    expect(condition.remedy).to.contain(`scripts/postern authorize 'it'\\''s; rm'`);
  });
});
