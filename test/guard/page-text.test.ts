import { expect } from 'chai';
import { transform } from 'esbuild';
import { repositoryFiles } from './rules/source-files.ts';

/** Properties that are read or heard. */
const READ =
  /(?:\b(?:title|label|alt|placeholder|hint|lead|summary|caption|head|remedy|confirm|question|unit)|"aria-label"): "((?:[^"\\]|\\.)*)"/g;
/** What needs no translation: no letters, or a single one. */
const LETTERS = /\p{L}{2}/u;

/** Texts in the elements of a component: each is to come from the catalogue. */
async function literalTexts(source: string): Promise<string[]> {
  const { code } = await transform(source, {
    loader: 'tsx',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
  });
  const texts = [...code.matchAll(READ)].map(([, text = '']) => text);
  for (const { index } of code.matchAll(/\bchildren: /g))
    texts.push(...childTexts(code, index + 'children: '.length));
  return texts.filter((text) => LETTERS.test(text));
}

/** The strings that are children themselves: the only one, or items of the list at this place. */
function childTexts(code: string, from: number): string[] {
  const only = /^"((?:[^"\\]|\\.)*)"/.exec(code.slice(from));
  if (only !== null) return [only[1] ?? ''];
  if (code[from] !== '[') return [];
  const texts: string[] = [];
  let depth = 0;
  for (let at = from; at < code.length; at += 1) {
    const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/.exec(
      code.slice(at, at + 2000),
    )?.[0];
    const char = code[at] ?? '';
    if (quoted !== undefined) {
      const item = /[[,]\s*$/.test(code.slice(0, at)) && /^\s*[,\]]/.test(code.slice(at + quoted.length));
      if (depth === 1 && item) texts.push(quoted.slice(1, -1));
      at += quoted.length - 1;
    } else if ('[({'.includes(char)) depth += 1;
    else if ('])}'.includes(char)) depth -= 1;
    if (depth === 0) break;
  }
  return texts;
}

describe('all text of the page comes from the catalogue', () => {
  const planted: Readonly<Record<string, string>> = {
    'a text': 'const a = <p>Hello there</p>;',
    'a text beside an element': 'const a = <p><b>{x}</b> said hello</p>;',
    'a string in braces': "const a = <p>{'Hello'}</p>;",
    'a label': 'const a = <TextField label="Name" value={x} />;',
    'a text for screen readers': 'const a = <nav aria-label="Pages" />;',
  };
  for (const [title, source] of Object.entries(planted)) {
    it(`sees ${title}`, async () => {
      expect(await literalTexts(source)).to.have.length(1);
    });
  }

  it('leaves alone what nobody translates', async () => {
    const source = `const a = <p class="lead">{t('a.b')}: {f("x", ["y z"])} · <i class="dot" aria-hidden="true">–</i> {x ? t('c.d') : null}</p>;`;
    expect(await literalTexts(source)).to.deep.equal([]);
  });

  it('holds in src/ui', async () => {
    const components = repositoryFiles().filter(
      ({ path }) => path.startsWith('src/ui/') && path.endsWith('.tsx'),
    );
    expect(components.length).to.be.greaterThan(20);
    const found = await Promise.all(
      components.map(async ({ path, text }) =>
        (await literalTexts(text)).map((each) => `${path}: “${each}”`),
      ),
    );
    expect(found.flat()).to.deep.equal([]);
  });
});
