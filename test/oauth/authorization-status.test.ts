import { expect } from 'chai';
import { authorizationStatus } from '../../src/oauth/sign-in/authorization-status.ts';
import type { StoredAuthorization } from '../../src/oauth/storage.ts';
import { upstreamSchema } from '../../src/settings/schema-upstreams.ts';

const KEY_ID = '0123456789abcdef';
const SEALED = `v1.${KEY_ID}.${'x'.repeat(40)}`;

const row = (changes: Partial<StoredAuthorization> = {}): StoredAuthorization => ({
  upstream: 'office',
  subject: '',
  key: 'key',
  refreshToken: SEALED,
  authorizedAt: 1,
  authorizedBy: 'admin',
  renewedAt: 1,
  version: 1,
  ...changes,
});

const failed = (refusals: number): Partial<StoredAuthorization> => ({
  failure: { at: 1, reason: 'authentication', text: 'It was refused.', remedy: 'Look.', refusals },
});

function status(name: string, stored: StoredAuthorization | undefined, consent: boolean) {
  const flow = consent ? 'authorization-code' : 'client-credentials';
  const authentication = { type: 'oauth2', provider: 'microsoft', flow, clientId: 'client' };
  const upstream = upstreamSchema.parse({ name, kind: 'smtp', host: 'mail.example.com', authentication });
  const found = authorizationStatus(upstream, stored === undefined ? [] : [stored], 'key', KEY_ID);
  if (found === undefined) throw new Error('no status');
  return found;
}

describe('the state of an authorization', () => {
  for (const [title, stored, consent, state, words] of [
    ['nobody has consented', undefined, true, 'none', 'Nobody has authorized upstream office yet'],
    ['an application has had no token yet', undefined, false, 'none', 'no token has been needed yet'],
    ['the settings are others', row({ key: 'other' }), true, 'stale', 'have changed since it was authorized'],
    ['the settings of an application are others', row({ key: 'other' }), false, 'none', 'no token'],
    ['all is well', row(), true, 'authorized', undefined],
    [
      'it was sealed with another master key',
      row({ refreshToken: SEALED.replace('0123', '3210') }),
      true,
      'failing',
      'cannot be read: it was sealed with another master key',
    ],
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
      const condition = status('office', stored, consent);
      expect(condition.state).to.equal(state);
      if (words === undefined) expect(condition).to.not.have.property('text');
      else expect(condition.text).to.contain(words);
      if (['none', 'stale'].includes(state) && consent)
        expect(condition.remedy).to.contain('scripts/postern authorize office');
    });
  }

  it('has the remedy of the failure when it is void, else the command', () => {
    expect(status('office', row(failed(3)), true).remedy).to.equal('Look.');
    const { failure } = row(failed(3));
    if (failure === undefined) throw new Error('no failure');
    const { remedy: _none, ...without } = failure;
    expect(status('office', row({ failure: without }), true).remedy).to.contain('authorize office');
  });

  it('warns when there is no refresh token', () => {
    const { refreshToken: _none, ...without } = row();
    const condition = status('office', without, true);
    expect(condition).to.include({ state: 'authorized' });
    expect(condition.text).to.contain('gave no refresh token');
  });

  it('quotes a name that a shell would take apart', () => {
    const condition = status("it's; rm", undefined, true);
    expect(condition.remedy).to.contain(`scripts/postern authorize 'it'\\''s; rm'`);
  });
});
