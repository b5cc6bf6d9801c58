import { expect } from 'chai';
import { openToken, sealToken } from '../../src/oauth/sealed-tokens.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import { Secret } from '../../src/shared/secret.ts';

describe('tokens in the store', () => {
  const sealer = createSealer(Buffer.alloc(32, 1));
  const place = { upstream: 'office', subject: '', key: 'k' };
  const refreshToken = sealToken(sealer, place, 'refreshToken', new Secret('hush'));

  it('open in their own row', () => {
    expect(openToken(sealer, { ...place, refreshToken }, 'refreshToken').reveal()).to.equal('hush');
  });

  for (const [title, row, field] of [
    ['another upstream', { ...place, upstream: 'other', refreshToken }, 'refreshToken'],
    ['another mailbox', { ...place, subject: 'a@example.com', refreshToken }, 'refreshToken'],
    ['other settings', { ...place, key: 'other', refreshToken }, 'refreshToken'],
    ['another kind of token', { ...place, accessToken: refreshToken }, 'accessToken'],
    ['none at all', place, 'refreshToken'],
  ] as const) {
    it(`do not open in the place of ${title}`, () => {
      expect(() => openToken(sealer, row, field))
        .to.throw()
        .with.property('code', 'secret-unavailable');
    });
  }

  it('do not open for a place where they were sealed for none', () => {
    const loose = { ...place, refreshToken: sealer.seal('token', new Secret('hush')) };
    expect(() => openToken(sealer, loose, 'refreshToken')).to.throw();
  });
});
