import { expect } from 'chai';
import { de } from '../../src/ui/words/de.ts';
import { en } from '../../src/ui/words/en.ts';
import { formOf, type Plural, piecesOf } from '../../src/ui/words/messages.ts';

type Catalogue = Readonly<Record<string, Readonly<Record<string, string | Plural>>>>;

/** Every text with its forms, and its parameters. */
function described(catalogue: Catalogue): Map<string, string> {
  return new Map(
    Object.entries(catalogue).flatMap(([area, words]) =>
      Object.entries(words).map(([key, message]) => {
        const texts = typeof message === 'string' ? [message] : [message.one, message.other];
        const names = texts.flatMap((text) => piecesOf(text).filter((_piece, index) => index % 2 === 1));
        const kind = typeof message === 'string' ? 'text' : 'plural';
        return [`${area}.${key}`, `${kind} ${[...new Set(names)].toSorted().join(', ')}`] as const;
      }),
    ),
  );
}

describe('the words of the page', () => {
  it('are the same in English and German, with the same parameters', () => {
    const [english, german] = [described(en), described(de)];
    expect([...german.keys()].toSorted()).to.deep.equal([...english.keys()].toSorted());
    for (const [key, what] of english) expect(german.get(key), key).to.equal(what);
  });

  it('are never empty, and have no spaces around them', () => {
    for (const [language, catalogue] of Object.entries<Catalogue>({ en, de })) {
      for (const [area, words] of Object.entries(catalogue)) {
        for (const [key, message] of Object.entries(words)) {
          for (const text of typeof message === 'string' ? [message] : [message.one, message.other]) {
            expect(text, `${language} ${area}.${key}`).to.match(/^\S(?:[\s\S]*\S)?$/);
          }
        }
      }
    }
  });

  it('take the form of the count', () => {
    const message = { one: '{count} message', other: '{count} messages' };
    expect(formOf(message, 1, 'en')).to.equal('{count} message');
    expect(formOf(message, 0, 'en')).to.equal('{count} messages');
    expect(formOf(message, 2, 'de')).to.equal('{count} messages');
    expect(formOf('one for all', 1, 'en')).to.equal('one for all');
  });
});
