import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildPage, type PageManifest } from '../../scripts/page/build.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Bytes, compressed, of a page with everything that it loads at first. */
const LIMIT = 60_000;

describe('the size of the page', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let manifest: PageManifest;
  before(async () => {
    directory = await temporaryDirectory();
    ({ manifest } = await buildPage({ outdir: directory.path }));
  });
  after(() => directory.remove());

  const sizeOf = async (name: string) => (await stat(join(directory.path, `${name}.br`))).size;

  it('stays below 60 kB compressed for each page: entry, chunks, style and the words of either language', async () => {
    const loadsOf = (entry: string) => manifest.loads[entry] ?? expect.fail(`${entry} was not built`);
    const first = ['src/ui/main.tsx', 'src/ui/theme.ts', 'src/ui/style.css', 'src/ui/words/de.ts'].flatMap(
      loadsOf,
    );
    const pages = Object.keys(manifest.loads).filter((entry) => entry.startsWith('src/ui/pages/'));
    expect(pages).to.include('src/ui/pages/overview.tsx');
    for (const page of pages) {
      const assets = [...new Set([...first, ...loadsOf(page)])].map((name) => `assets/${name}`);
      const sizes = await Promise.all(['index.html', 'favicon.svg', ...assets].map(sizeOf));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      expect(total, page).to.be.lessThan(LIMIT);
    }
  });

  it('is built once for the same sources', async () => {
    const again = await buildPage({ outdir: directory.path });
    expect(again).to.deep.equal({ built: false, manifest });
  });
});
