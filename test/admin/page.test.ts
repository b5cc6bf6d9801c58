import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { buildPage, type PageManifest } from '../../scripts/page/build.ts';
import { NOBODY } from '../../src/access/caller.ts';
import { createPageRoutes } from '../../src/admin/page.ts';
import type { RawCall, Reply } from '../../src/admin/route.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Answer extends Omit<Reply, 'chunks'> {
  readonly bytes: Buffer;
}

/** Asks a route of the page, as the admin would. */
async function ask(
  directory: string,
  path: string,
  params: Readonly<Record<string, string>> = {},
  acceptEncoding?: string,
  routes = createPageRoutes({ directory }),
): Promise<Answer> {
  const found = routes.find((route) => route.path === path);
  if (found === undefined) throw new RelayError('not-found', `no route ${path}`);
  const call: RawCall = {
    params,
    query: {},
    body: undefined,
    by: 'nobody',
    caller: NOBODY,
    ifMatch: undefined,
    acceptEncoding,
    cookie: undefined,
    address: '127.0.0.1',
    agent: '',
    secure: false,
    signal: new AbortController().signal,
  };
  const reply = await found.handle(call, async () => undefined);
  const pieces: Uint8Array[] = [];
  for await (const piece of reply.chunks ?? []) pieces.push(piece);
  return { ...reply, bytes: reply.text === undefined ? Buffer.concat(pieces) : Buffer.from(reply.text) };
}

async function refusal(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof RelayError) return error.code;
    throw error;
  }
  return 'none';
}

describe('the files of the page', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let manifest: PageManifest;
  let at: string;
  before(async () => {
    directory = await temporaryDirectory();
    at = join(directory.path, 'page');
    await mkdir(at);
    ({ manifest } = await buildPage({ outdir: at }));
    await writeFile(join(directory.path, 'secret.js'), 'secret');
    await writeFile(join(at, 'secret.js'), 'secret');
    await writeFile(join(at, 'assets', 'left-over.js'), 'old');
  });
  after(() => directory.remove());

  it('answers every address of the page with the same page, never kept, under a policy that lets nothing in', async () => {
    expect(manifest.paths).to.include('/');
    for (const path of manifest.paths) {
      const { bytes, headers = {}, status = 200 } = await ask(at, path);
      expect(status).to.equal(200);
      expect(bytes.toString()).to.match(/^<!doctype html>/i);
      expect(headers).to.not.have.property('Cache-Control'); // what the admin says of all answers stays: no-store
      expect(headers['Cross-Origin-Opener-Policy']).to.equal('same-origin');
      const policy = headers['Content-Security-Policy'] ?? '';
      expect(policy).to.match(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).to.contain("require-trusted-types-for 'script'; trusted-types 'none'");
      expect(policy).to.not.match(/unsafe|https?:|\*/);
    }
  });

  it('is found at its addresses when it is built after the start', async () => {
    const later = join(directory.path, 'after the start');
    await mkdir(later);
    const routes = createPageRoutes({ directory: later });
    const setup = () => ask(later, '/:first', { first: 'setup' }, undefined, routes);
    expect((await setup()).status).to.equal(503);
    expect((await setup()).bytes.toString()).to.contain('npm run build');
    await cp(at, later, { recursive: true });
    expect((await setup()).bytes.toString()).to.match(/^<!doctype html>/i);
    const two = { first: 'messages', second: '1M804ZQMT000XM44' };
    expect((await ask(later, '/:first/:second', two, undefined, routes)).status ?? 200).to.equal(200);
    for (const params of [{ first: 'nowhere' }, { first: 'setup', second: 'x' }]) {
      const path = Object.keys(params)
        .map((name) => `/:${name}`)
        .join('');
      expect(await refusal(ask(later, path, params, undefined, routes))).to.equal('not-found');
    }
  });

  it('has no script and no style inside the page, and names only files of its own', async () => {
    const html = (await ask(at, '/')).bytes.toString();
    expect(html).to.not.match(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/i);
    for (const [, name = ''] of html.matchAll(/"\/assets\/([^"]+)"/g))
      expect(manifest.assets).to.include(name);
    expect(html.match(/(?:src|href)="[^"]*"/g)?.every((each) => /="\//.test(each))).to.equal(true);
  });

  it('lets browsers keep hashed files for ever, and sends them compressed to who takes that', async () => {
    for (const name of manifest.assets) {
      const plain = await ask(at, '/assets/:name', { name });
      expect(plain.headers?.['Cache-Control']).to.equal('public, max-age=31536000, immutable');
      expect(plain.headers?.['Content-Type']).to.match(/^text\/(?:javascript|css); charset=utf-8$/);
      expect(plain.headers).to.not.have.property('Content-Encoding');
      for (const [accepted, used, unpack] of [
        ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
        ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
      ] as const) {
        const { headers = {}, bytes } = await ask(at, '/assets/:name', { name }, accepted);
        expect(headers['Content-Encoding']).to.equal(used);
        expect(headers['Vary']).to.equal('Accept-Encoding');
        expect(headers['Content-Length']).to.equal(String(bytes.length));
        expect(unpack(bytes).equals(plain.bytes), name).to.equal(true);
      }
    }
  });

  const strange = [
    '../secret.js',
    '..%2fsecret.js',
    'left-over.js',
    'secret.js',
    'index.html',
    'manifest.json',
    '__proto__',
    'constructor',
    '',
    '/etc/passwd',
    'main.js\0.css',
  ];
  it('gives out nothing that the list of built files does not name', async () => {
    const [first = ''] = manifest.assets;
    for (const name of [...strange, `${first}.br`, `./${first}`, first.toUpperCase()]) {
      expect(await refusal(ask(at, '/assets/:name', { name })), name).to.equal('not-found');
    }
  });

  it('says how to build it where it was not built, and finds it as soon as it is', async () => {
    const other = join(directory.path, 'later');
    const routes = createPageRoutes({ directory: other });
    expect(routes.map(({ path }) => path)).to.include('/');
    const { status, bytes, headers } = await ask(other, '/');
    expect(status).to.equal(503);
    expect(headers?.['Content-Type']).to.match(/^text\/plain/);
    expect(bytes.toString()).to.contain('npm run build');
    expect(await refusal(ask(other, '/assets/:name', { name: manifest.assets[0] ?? '' }))).to.equal(
      'not-found',
    );
    expect(await refusal(ask(other, '/favicon.svg'))).to.equal('not-found');
    await buildPage({ outdir: other });
    expect((await ask(other, '/')).bytes.toString()).to.match(/^<!doctype html>/i);
  });

  it('keeps what the build before named, so that an open tab goes on', async () => {
    const again = join(directory.path, 'again');
    const first = await buildPage({ outdir: again });
    const list = join(again, 'manifest.json');
    const gone = 'main-OLD12345.js';
    await writeFile(join(again, 'assets', gone), 'old');
    await writeFile(list, JSON.stringify({ ...first.manifest, stamp: 'old', assets: [gone] }));
    const second = await buildPage({ outdir: again });
    expect(second.built).to.equal(true);
    expect(second.manifest.earlier).to.deep.equal([gone]);
    expect((await ask(again, '/assets/:name', { name: gone })).bytes.toString()).to.equal('old');
  });

  it('does not trust a list that is not one of ours', async () => {
    const broken = join(directory.path, 'broken');
    await mkdir(broken);
    for (const list of [
      '{',
      '{"paths":["/"],"assets":["../../secret.js"]}',
      '{"paths":["(.*)"],"assets":[]}',
    ]) {
      await writeFile(join(broken, 'manifest.json'), list);
      expect((await ask(broken, '/')).status).to.equal(503);
      expect(await refusal(ask(broken, '/assets/:name', { name: '../../secret.js' }))).to.equal('not-found');
    }
  });

  it('has a mark that is an image and nothing else', async () => {
    const { headers, bytes } = await ask(at, '/favicon.svg');
    expect(headers?.['Content-Type']).to.equal('image/svg+xml');
    expect(bytes.toString()).to.not.match(/<script|\bon\w+=|<foreignObject|href/i);
  });
});
