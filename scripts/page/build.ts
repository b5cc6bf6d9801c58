/**
 * Builds the page: src/ui into a directory of files with hashed names, each also compressed, and a list of them. Promises
 * that whoever reads the list finds every file that it names, also while it is written anew; and that nothing is done when
 * nothing has changed.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, watch, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { z } from 'zod';
import { trimStyle } from './trim-style.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = join(ROOT, 'src/ui');
const TRIM_PICO: Plugin = {
  name: 'trim-pico',
  setup({ onLoad }) {
    onLoad({ filter: /pico\.classless\.min\.css$/ }, async ({ path }) => ({
      contents: trimStyle(await readFile(path, 'utf8'), await ownStyle()),
      loader: 'css',
    }));
  },
};

/** All that lies above Pico. */
async function ownStyle(): Promise<string> {
  const names = (await readdir(join(SOURCE, 'style'))).filter((name) => name.endsWith('.css'));
  return (await Promise.all(names.map((name) => readFile(join(SOURCE, 'style', name), 'utf8')))).join('\n');
}

/** Where the relay looks for the page. */
export const PAGE_DIRECTORY = join(ROOT, 'dist/page');
const LIST = 'manifest.json';
/** Milliseconds that another build may take. */
const OTHERS_TIME = 60_000;
/** Files of earlier builds that are kept. */
const MOST_EARLIER = 400;

/** What is built from; a change of any of these builds again. */
const INPUTS = [SOURCE, join(ROOT, 'scripts/page'), join(ROOT, 'package-lock.json')];
/** Browsers of 2024 and later: they know light-dark() and nested rules. */
const TARGET = ['chrome123', 'firefox121', 'safari17.5'];

/** The list of what was built. */
const manifestSchema = z.object({
  /** What it was built from. */
  stamp: z.string(),
  /** Paths of the page's own routes, such as `/messages/:id`. */
  paths: z.array(z.string()),
  /** Each page by its source, with the areas of words that come with it; for measuring. */
  pages: z.array(z.object({ source: z.string(), words: z.array(z.string()) })),
  /** Names below assets/, beside which stand NAME.br and NAME.gz. */
  assets: z.array(z.string()),
  /** Those of the builds before, the latest first: a tab that was opened then goes on to load its parts. */
  earlier: z.array(z.string()).default([]),
  /** What each entry and lazily loaded page brings along, for measuring. */
  loads: z.record(z.string(), z.array(z.string())),
});
export type PageManifest = z.output<typeof manifestSchema>;

/** As much of src/ui/pages.ts as concerns the build and the server. */
const registrySchema = z.object({
  PAGES: z.array(
    z.object({
      paths: z.array(z.string()),
      words: z.array(z.string()),
      load: z.custom<() => unknown>((value) => typeof value === 'function'),
    }),
  ),
});

/** Resolves with the list; `built` is false when everything was up to date. */
export async function buildPage(options: {
  readonly outdir: string;
}): Promise<{ readonly built: boolean; readonly manifest: PageManifest }> {
  const { outdir } = options;
  const stamp = await stampOf(INPUTS);
  const known = await readManifest(outdir);
  if (known?.stamp === stamp) return { built: false, manifest: known };

  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      main: join(SOURCE, 'main.tsx'),
      theme: join(SOURCE, 'theme.ts'),
      style: join(SOURCE, 'style.css'),
    },
    outdir: join(outdir, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: TARGET,
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    write: false,
    plugins: [TRIM_PICO],
    logLevel: 'silent',
  });
  const outputs = namedOutputs(outputFiles, metafile);
  const index = await indexHtml(outputs);
  const favicon = await readFile(join(SOURCE, 'favicon.svg'));
  const names = new Set(outputs.map(({ name }) => name));
  const manifest: PageManifest = {
    stamp,
    ...(await readRegistry()),
    assets: outputs.map(({ name }) => name).toSorted(),
    earlier: [...new Set([...(known?.assets ?? []), ...(known?.earlier ?? [])])]
      .filter((name) => !names.has(name))
      .slice(0, MOST_EARLIER),
    loads: Object.fromEntries(
      outputs
        .filter(({ entry }) => entry !== undefined)
        .map(({ entry, name, imports }) => [String(entry), [name, ...imports]]),
    ),
  };

  await mkdir(join(outdir, 'assets'), { recursive: true });
  await Promise.all([
    ...outputs.map(({ name, bytes }) => writeCompressed(join(outdir, 'assets', name), bytes)),
    writeCompressed(join(outdir, 'index.html'), Buffer.from(index)),
    writeCompressed(join(outdir, 'favicon.svg'), favicon),
  ]);
  await writeWhole(join(outdir, LIST), Buffer.from(JSON.stringify(manifest, undefined, 2)));
  await removeOthers(join(outdir, 'assets'), [...manifest.assets, ...manifest.earlier]);
  return { built: true, manifest };
}

interface Output {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Source of an entry or of a lazily loaded part. */
  readonly entry: string | undefined;
  /** Everything that it imports at once, by name. */
  readonly imports: readonly string[];
}

function namedOutputs(files: readonly OutputFile[], metafile: Metafile): Output[] {
  const outputs = new Map(Object.entries(metafile.outputs));
  const importsOf = (path: string, seen = new Set<string>()): Set<string> => {
    for (const each of outputs.get(path)?.imports ?? []) {
      if (each.kind !== 'import-statement' || seen.has(each.path)) continue;
      seen.add(each.path);
      importsOf(each.path, seen);
    }
    return seen;
  };
  return files.map((file) => {
    const path = relative(ROOT, file.path);
    return {
      name: basename(path),
      bytes: file.contents,
      entry: outputs.get(path)?.entryPoint,
      imports: [...importsOf(path)].map((each) => basename(each)),
    };
  });
}

/** The template with the names of what was built; what main imports at once is fetched along with it. */
async function indexHtml(outputs: readonly Output[]): Promise<string> {
  const template = await readFile(join(SOURCE, 'index.html'), 'utf8');
  const find = (entry: string) => {
    const output = outputs.find((each) => each.entry === `src/ui/${entry}`);
    if (output === undefined) throw new Error(`${entry} was not built`);
    return output;
  };
  const main = find('main.tsx');
  const preloads = main.imports.map((name) => `<link rel="modulepreload" href="/assets/${name}" />`);
  const values: Readonly<Record<string, string>> = {
    main: `/assets/${main.name}`,
    theme: `/assets/${find('theme.ts').name}`,
    style: `/assets/${find('style.css').name}`,
    preloads: preloads.join('\n    '),
  };
  return template.replaceAll(/%(\w+)%/g, (_match, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`index.html names %${name}%, which nobody fills in`);
    return value;
  });
}

/** What the registry of pages says, which is read as it is. */
async function readRegistry(): Promise<Pick<PageManifest, 'paths' | 'pages'>> {
  // With its time, since Node reads each address once.
  const file = join(SOURCE, 'pages.ts');
  const { mtimeMs } = await stat(file);
  const module: unknown = await import(`${pathToFileURL(file).href}?${mtimeMs}`);
  const { PAGES } = registrySchema.parse({ ...Object(module) });
  return {
    paths: PAGES.flatMap(({ paths }) => paths),
    pages: PAGES.map(({ words, load }) => {
      const source = /import\(\s*['"]\.\/([^'"]+)/.exec(String(load))?.[1];
      if (source === undefined) throw new Error(`src/ui/pages.ts: ${String(load)} imports no page`);
      return { source: `src/ui/${source}`, words };
    }),
  };
}

async function writeCompressed(path: string, bytes: Uint8Array): Promise<void> {
  const [brotli, zipped] = await Promise.all([
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await Promise.all([
    writeWhole(path, bytes),
    writeWhole(`${path}.br`, brotli),
    writeWhole(`${path}.gz`, zipped),
  ]);
}

/** Under another name first, so that nobody reads half of it. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, bytes);
  await rename(partial, path);
}

/** What is younger may belong to another build that is under way. */
async function removeOthers(directory: string, names: readonly string[]): Promise<void> {
  const kept = new Set(names.flatMap((name) => [name, `${name}.br`, `${name}.gz`]));
  for (const name of await readdir(directory)) {
    if (kept.has(name)) continue;
    const path = join(directory, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > OTHERS_TIME) await rm(path, { force: true });
  }
}

async function readManifest(outdir: string): Promise<PageManifest | undefined> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(outdir, LIST), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Changes with the name, size or time of any file. */
async function stampOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const found = await stat(path);
    const files = found.isDirectory()
      ? (await readdir(path, { recursive: true })).toSorted().map((name) => join(path, name))
      : [path];
    for (const file of files) {
      // Editors take files away for a moment.
      const one = await stat(file).catch(() => undefined);
      hash.update(`${relative(ROOT, file)} ${one?.size} ${one?.mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

/** Builds into the place where the relay looks, and says so. */
async function buildOnce(): Promise<void> {
  const from = performance.now();
  try {
    const { built } = await buildPage({ outdir: PAGE_DIRECTORY });
    if (built) process.stderr.write(`The page was built in ${Math.round(performance.now() - from)} ms\n`);
  } catch (error) {
    process.stderr.write(
      `The page could not be built: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}

if (import.meta.main) {
  await buildOnce();
  if (process.argv.includes('--watch')) {
    for await (const _ of watch(SOURCE, { recursive: true })) await buildOnce();
  }
}
