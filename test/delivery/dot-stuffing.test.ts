import { expect } from 'chai';
import * as fc from 'fast-check';
import { createDotStuffing } from '../../src/delivery/transports/smtp/dot-stuffing.ts';

function stuffed(pieces: readonly string[]): string {
  const stuffing = createDotStuffing();
  const out = pieces.map((piece) => stuffing.piece(Buffer.from(piece, 'latin1')).toString('latin1'));
  return out.join('') + stuffing.end().toString('latin1');
}

describe('dot stuffing', () => {
  const cases: readonly (readonly [text: string, expected: string])[] = [
    ['', '.\r\n'],
    ['a\r\n', 'a\r\n.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['.\r\n', '..\r\n.\r\n'],
    ['.a\r\n.\r\n..\r\n', '..a\r\n..\r\n...\r\n.\r\n'],
    ['a.b\r\n', 'a.b\r\n.\r\n'],
    ['a\n.\nb\r\n', 'a\n..\nb\r\n.\r\n'],
    ['a\r.\rb\r\n', 'a\r..\rb\r\n.\r\n'],
    ['a\r', 'a\r\r\n.\r\n'],
    ['a\n', 'a\n\r\n.\r\n'],
  ];
  for (const [text, expected] of cases) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}, however it is cut`, () => {
      for (let at = 0; at <= text.length; at += 1) {
        expect(stuffed([text.slice(0, at), text.slice(at)])).to.equal(expected);
        expect(stuffed(text.split(''))).to.equal(expected);
      }
    });
  }

  it('never lets a message end early, and loses nothing', () => {
    const word = fc.constantFrom('.', '..', '\r\n', '\n', '\r', 'a', '\r\n.\r\n', '\n.\n', '\r.\r');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const wire = stuffed(words);
        const content = wire.slice(0, -3);
        expect(`\r\n${content}`).not.to.match(/[\r\n]\.(?:\r|\n|$)/);
        expect(content.replace(/(^|[\r\n])\./g, '$1').startsWith(words.join(''))).to.equal(true);
      }),
    );
  });
});
