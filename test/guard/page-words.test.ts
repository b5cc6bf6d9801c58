import { posix } from 'node:path';
import { expect } from 'chai';
import { repositoryFiles } from './rules/source-files.ts';

const WORDS = /\b(?:t|rich)\(\s*[`'"](\w+)\./g;
const IMPORTS = /\bfrom '(\.[^']+)'|\bimport\(\s*'(\.[^']+)'\)/g;
const ROW = /words: \[([^\]]*)\][\s\S]*?import\('\.\/([^']+)'\)/g;

describe('each page brings along the words that it uses', () => {
  const files = new Map(repositoryFiles().map(({ path, text }) => [path, text]));

  /** Areas of words in a file and in everything of src/ui/pages and src/ui/components that it imports. */
  function areasOf(path: string, seen = new Set<string>()): Set<string> {
    const areas = new Set<string>();
    const text = files.get(path);
    if (text === undefined || seen.has(path)) return areas;
    seen.add(path);
    for (const [, area = ''] of text.matchAll(WORDS)) areas.add(area);
    for (const [, from = '', lazily = ''] of text.matchAll(IMPORTS)) {
      const target = posix.join(posix.dirname(path), from || lazily);
      if (!target.startsWith('src/ui/words/')) for (const area of areasOf(target, seen)) areas.add(area);
    }
    return areas;
  }

  const rows = [...(files.get('src/ui/pages.ts') ?? '').matchAll(ROW)];

  it('finds the pages', () => {
    expect(rows.length).to.be.greaterThan(0);
    expect([...areasOf('src/ui/pages/overview.tsx')]).to.include.members(['overview', 'common']);
  });

  for (const [, words = '', source = ''] of rows) {
    it(source, () => {
      const declared = new Set([
        'common',
        'shell',
        ...[...words.matchAll(/'(\w+)'/g)].map(([, area]) => area),
      ]);
      const missing = [...areasOf(`src/ui/${source}`)].filter((area) => !declared.has(area));
      expect(missing, 'add them to words: […] in src/ui/pages.ts').to.deep.equal([]);
    });
  }
});
