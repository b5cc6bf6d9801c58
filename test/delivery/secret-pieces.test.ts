import { expect } from 'chai';
import * as fc from 'fast-check';
import { isPieceOf } from '../../src/delivery/transports/smtp/secret-pieces.ts';

describe('pieces of secrets', () => {
  it('are found just as a plain search would find them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', 'c', '1', '-', 'é', 'ß'), maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 3 }),
        text,
        fc.nat(60),
        fc.nat(20),
        (hidden, other, start, length) => {
          const piece = (hidden[0] ?? '').slice(start, start + length);
          for (const word of [other, piece, piece.toUpperCase(), `${piece}x`]) {
            const plain = hidden.join('\n').toLowerCase().includes(word.toLowerCase());
            expect(isPieceOf(hidden, word)).to.equal(plain);
          }
        },
      ),
    );
  });
});
