import { expect } from 'chai';
import { repositoryFiles, type SourceFile } from './rules/source-files.ts';

/** Style of parts that all pages share; pages may choose within these. */
const SHARED = ['theme', 'elements', 'components', 'forms', 'tables', 'frame'].map(
  (name) => `src/ui/style/${name}.css`,
);

/** The first class of each selector: that decides where a rule counts. */
function firstClasses({ text }: SourceFile): Set<string> {
  const rules = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(/([^{};]+)\{/g);
  return new Set(
    [...rules].flatMap(([, selectors = '']) =>
      selectors
        .split(/,(?![^(]*\))/)
        .flatMap((selector) => /^[^.]*\.([a-zA-Z][\w-]*)/.exec(selector.trim())?.[1] ?? []),
    ),
  );
}

/** Classes that the style sheets of two pages begin with. */
function shared(files: readonly SourceFile[]): string[] {
  const common = new Set(
    files.filter(({ path }) => SHARED.includes(path)).flatMap((file) => [...firstClasses(file)]),
  );
  const owners = new Map<string, string[]>();
  for (const file of files) {
    if (SHARED.includes(file.path)) continue;
    for (const name of firstClasses(file)) owners.set(name, [...(owners.get(name) ?? []), file.path]);
  }
  return [...owners]
    .filter(([name, paths]) => paths.length > 1 && !common.has(name))
    .map(([name, paths]) => `.${name} is styled by ${paths.join(' and ')}; call it otherwise in one of them`);
}

const file = (name: string, text: string) => ({ path: `src/ui/style/${name}.css`, text });

describe('the style of a page is its own', () => {
  it('sees two pages that mean different things by one class', () => {
    const found = shared([file('a', '.step { b: c }'), file('b', '@media x { h2, p.step > i { b: c } }')]);
    expect(found).to.have.length(1);
  });

  it('leaves alone what is chosen within something of its own, or shared', () => {
    const own = [
      file('a', '.a-list .step, .card .x { b: c }'),
      file('b', '/* .a-list */ .b-list .step { b: c } .card .y { b: c }'),
    ];
    expect(shared([...own, file('components', '.card { b: c }')])).to.deep.equal([]);
  });

  it('holds here', () => {
    const files = repositoryFiles().filter(({ path }) => path.startsWith('src/ui/style/'));
    expect(files.length).to.be.greaterThan(SHARED.length);
    expect(shared(files)).to.deep.equal([]);
  });
});
