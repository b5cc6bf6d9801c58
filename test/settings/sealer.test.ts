import { expect } from 'chai';
import * as fc from 'fast-check';
import { createSealer, sealedKeyId } from '../../src/settings/sealer.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';

const sealer = createSealer(Buffer.alloc(32, 1));
const other = createSealer(Buffer.alloc(32, 2));

function refusal(open: () => unknown): RelayError {
  try {
    open();
  } catch (error) {
    if (error instanceof RelayError) return error;
    throw error;
  }
  throw new Error('it was opened');
}

describe('createSealer', () => {
  it('gives back what was sealed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sealed = sealer.seal('settings', new Secret(text));
        expect(sealer.open('settings', sealed).reveal()).to.equal(text);
        if (text.length > 3) expect(sealed).to.not.include(text);
      }),
    );
  });

  it('seals the same text differently each time', () => {
    const texts = new Set(Array.from({ length: 50 }, () => sealer.seal('settings', new Secret('same'))));
    expect(texts.size).to.equal(50);
  });

  it('refuses a text in which any one character was changed', () => {
    const sealed = sealer.seal('settings', new Secret('hunter2'));
    for (let index = 0; index < sealed.length; index += 1) {
      const character = sealed[index] === 'A' ? 'B' : 'A';
      const changed = `${sealed.slice(0, index)}${character}${sealed.slice(index + 1)}`;
      // The last character of base64 holds bits that mean nothing.
      if (index === sealed.length - 1) continue;
      expect(refusal(() => sealer.open('settings', changed)).code, `at ${index}`).to.equal(
        'secret-unavailable',
      );
    }
  });

  it('refuses anything that is no sealed text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `v1.${sealer.keyId}.${text}`),
        ),
        (text) => {
          expect(refusal(() => sealer.open('settings', text)).code).to.equal('secret-unavailable');
        },
      ),
    );
  });

  it('names both keys when the text was sealed with another one, and never the secret', () => {
    const { message, hint } = refusal(() =>
      sealer.open('settings', other.seal('settings', new Secret('hunter2'))),
    );
    expect(message).to.include(sealer.keyId).and.include(other.keyId);
    expect(`${message} ${hint ?? ''}`).to.not.include('hunter2');
    expect(hint).to.include('restore the master key');
  });

  it('does not open for one purpose what was sealed for another', () => {
    const sealed = sealer.seal('token', new Secret('hunter2'));
    expect(refusal(() => sealer.open('settings', sealed)).code).to.equal('secret-unavailable');
    expect(sealer.open('token', sealed).reveal()).to.equal('hunter2');
  });

  it('tells the id of the key that a text needs', () => {
    expect(sealedKeyId(sealer.seal('session', new Secret('x')))).to.equal(sealer.keyId);
    expect(sealedKeyId('hunter2')).to.equal(undefined);
  });

  it('takes keys of 32 bytes only', () => {
    expect(refusal(() => createSealer(Buffer.alloc(16))).code).to.equal('configuration');
  });
});
