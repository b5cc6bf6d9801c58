import { expect } from 'chai';
import { assert, integer, property, string } from 'fast-check';
import { printable, shownText } from '../../src/shared/shown-text.ts';

describe('text of others', () => {
  for (const [title, text, shown] of [
    ['line ends', 'one\r\ntwo\u2028three', 'one two three'],
    ['what steers a terminal', '\u001b[31mred\u0007', '[31mred'],
    ['what turns the direction around', 'abc\u202egpj.exe\u2066\u061c', 'abc gpj.exe'],
    ['what is not seen', 'pay\u200bpal\ufeff.com\u00ad', 'pay pal .com'],
    ['halves of characters', 'a\ud83d b\udc00', 'a  b'],
    ['nothing else', 'Zürich 東京 🙂 <b>&', 'Zürich 東京 🙂 <b>&'],
  ] as const) {
    it(`loses ${title}`, () => expect(shownText(text, 100)).to.equal(shown));
  }

  it('is cut where it is too long, and never within a character', () => {
    expect(shownText('x'.repeat(500), 10)).to.equal(`${'x'.repeat(9)}…`);
    expect(shownText('x'.repeat(10), 10)).to.equal('x'.repeat(10));
    expect(shownText(`${'x'.repeat(8)}🙂🙂`, 10).isWellFormed()).to.equal(true);
  });

  it('is short, on one line and well formed whatever came', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 300 }), integer({ min: 2, max: 50 }), (text, longest) => {
        const shown = shownText(text, longest);
        expect(shown).to.have.length.at.most(longest);
        expect(shown.isWellFormed()).to.equal(true);
        expect(printable(shown)).to.equal(shown);
      }),
    );
  });
});
