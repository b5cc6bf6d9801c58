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

  const loadsOf = (source: string) => manifest.loads[source] ?? expect.fail(`${source} was not built`);

  it('stays below 60 kB compressed for each page: entry, chunks, style and the words of either language', async () => {
    const first = ['main.tsx', 'theme.ts', 'style.css'].flatMap((name) => loadsOf(`src/ui/${name}`));
    expect(manifest.pages.map(({ source }) => source)).to.include('src/ui/pages/overview.tsx');
    for (const { source, words } of manifest.pages) {
      for (const language of ['en', 'de']) {
        const areas = ['common', 'shell', ...words].flatMap((area) =>
          loadsOf(`src/ui/words/${language}/${area}.ts`),
        );
        const names = [...new Set([...first, ...areas, ...loadsOf(source)])].map((name) => `assets/${name}`);
        const sizes = await Promise.all(['index.html', 'favicon.svg', ...names].map(sizeOf));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        if (process.env['SIZES'] !== undefined) console.log(`${source} ${language}: ${total} bytes`);
        expect(total, `${source} in ${language}`).to.be.lessThan(LIMIT);
      }
    }
  });

  it('is built once for the same sources', async () => {
    const again = await buildPage({ outdir: directory.path });
    expect(again).to.deep.equal({ built: false, manifest });
  });
});
