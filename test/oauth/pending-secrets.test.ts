import { expect } from 'chai';
import { openPending, sealPending } from '../../src/oauth/sign-in/pending-secrets.ts';
import { createSealer } from '../../src/settings/sealer.ts';

describe('what a sign-in has to remember', () => {
  const sealer = createSealer(Buffer.alloc(32, 1));
  const secrets = { key: 'k', verifier: 'v', redirectUri: 'r', url: 'u', binding: 'b' };
  const row = { id: 'i', upstream: 'office', stateHash: 'h' };
  const sealed = sealPending(sealer, row, secrets);

  it('opens in its own row', () => {
    expect(openPending(sealer, { ...row, sealed })).to.deep.equal(secrets);
  });

  for (const change of [{ id: 'j' }, { upstream: 'other' }, { stateHash: 'g' }]) {
    it(`does not open in a row with another ${Object.keys(change).join()}`, () => {
      expect(() => openPending(sealer, { ...row, ...change, sealed }))
        .to.throw()
        .with.property('code', 'secret-unavailable');
    });
  }
});
