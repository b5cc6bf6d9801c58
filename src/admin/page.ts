/**
 * The page: files that scripts/page/build.ts made, as routes. Promises that only what the list of built files names is served,
 * whatever is asked for; that a page built anew is served at once, also where there was none at the start; and that without
 * one there is a text that says how to get it.
 */
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { RelayError } from '../shared/errors.ts';
import { nothing, type RawCall, type Reply, type Route, route } from './route.ts';

/** Where the build leaves the page, seen from here in a checkout and in a package alike. */
export const PAGE_DIRECTORY = join(import.meta.dirname, '../../dist/page');

/** Bytes of files that are kept in memory. */
const MAX_KEPT = 4 * 1024 * 1024;
const YEAR = 31_536_000;

/** Nothing is loaded from elsewhere, nothing runs that is not a file of ours, and no text becomes markup. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Pico draws its ticks and arrows with data: images.
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  // Mail shown as HTML has an address, and a policy, of its own.
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': PAGE_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  Vary: 'Accept-Encoding',
} as const;

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const fileName = z.string().regex(/^[\w-]+\.(?:js|css|svg)$/);
const manifestSchema = z.object({
  paths: z.array(z.string().regex(/^\/[\w/:-]*$/)),
  assets: z.array(fileName),
  /** Of builds before: a tab that was opened then goes on to load its parts. */
  earlier: z.array(fileName).default([]),
});
type Manifest = z.output<typeof manifestSchema>;

const NOT_BUILT = `Postern runs, and takes mail, but its page has not been built.
Build it with "npm run build" in the directory of Postern, then load this address again; Postern need not be restarted.
The command line and the API work without it.
`;

/** The parts of an address. */
const partsSchema = z.record(z.string(), z.string());

/** Routes that answer with the page, for every address that the page has, and with its files. Those addresses are read once. */
export function createPageRoutes(options: { readonly directory?: string } = {}): readonly Route[] {
  const { directory = PAGE_DIRECTORY } = options;
  const list = manifestReader(directory);
  const kept = new LRUCache<string, Buffer>({
    maxSize: MAX_KEPT,
    sizeCalculation: ({ length }) => length || 1,
  });

  /** A file as it was built; `asked` and `since` tell one build from the next. */
  async function file(name: string, since: number, { acceptEncoding }: RawCall): Promise<Reply | undefined> {
    const encoding = encodingOf(acceptEncoding);
    const built = `${name}${ENDINGS[encoding]}`;
    const key = `${since} ${built}`;
    try {
      const bytes = kept.get(key) ?? (await readFile(join(directory, built)));
      kept.set(key, bytes);
      const headers = {
        'Content-Type': TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
        'Content-Length': String(bytes.length),
        Vary: 'Accept-Encoding',
        ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
      };
      return { headers, chunks: once(bytes) };
    } catch {
      return undefined;
    }
  }

  async function index(call: RawCall): Promise<Reply> {
    const { since } = list();
    const reply = since === undefined ? undefined : await file('index.html', since, call);
    if (reply === undefined) {
      return { status: 503, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, text: NOT_BUILT };
    }
    return { ...reply, headers: { ...reply.headers, ...PAGE_HEADERS } };
  }

  /** Where the addresses of the page were not known at the start. */
  async function late(call: RawCall): Promise<Reply> {
    const asked = Object.values(partsSchema.parse(call.params));
    const known = list().manifest?.paths.some((each) => isPath(each, asked)) ?? asked[0] !== 'api';
    if (!known) throw new RelayError('not-found', 'There is nothing at this address.');
    return index(call);
  }

  const first = route({
    method: 'get',
    path: '/',
    access: 'public',
    summary: 'The page.',
    params: partsSchema,
    query: z.record(z.string(), z.unknown()),
    body: nothing,
    api: { ofThePage: true },
    handle: index,
  });
  const paths = list().manifest?.paths;
  return [
    first,
    ...(paths?.filter((path) => path !== '/') ?? []).map((path) => ({ ...first, path })),
    route({
      method: 'get',
      path: '/assets/:name',
      access: 'public',
      summary: 'A script or style sheet of the page.',
      params: z.strictObject({ name: z.string() }),
      query: nothing,
      body: nothing,
      api: { ofThePage: true },
      async handle(call) {
        const { manifest, since } = list();
        const { name } = call.params;
        const reply =
          since !== undefined &&
          manifest !== undefined &&
          [...manifest.assets, ...manifest.earlier].includes(name)
            ? await file(`assets/${name}`, since, call)
            : undefined;
        if (reply === undefined) throw new RelayError('not-found', 'There is nothing at this address.');
        const headers = { ...reply.headers, 'Cache-Control': `public, max-age=${YEAR}, immutable` };
        return { ...reply, headers };
      },
    }),
    route({
      method: 'get',
      path: '/favicon.svg',
      access: 'public',
      summary: 'The mark of Postern.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { ofThePage: true },
      async handle(call) {
        const { since } = list();
        const reply = since === undefined ? undefined : await file('favicon.svg', since, call);
        if (reply === undefined) throw new RelayError('not-found', 'There is nothing at this address.');
        return { ...reply, headers: { ...reply.headers, 'Cache-Control': 'public, max-age=3600' } };
      },
    }),
    // Its addresses are not known yet, and the link of a first start leads to one: it gets the page once that is there.
    ...(paths === undefined ? ['/:first', '/:first/:second'] : []).map((path) => ({
      ...first,
      path,
      handle: late,
    })),
  ];
}

/** Whether `/messages/:id` and its like are the address with these parts. */
function isPath(path: string, parts: readonly string[]): boolean {
  const own = path.split('/').slice(1);
  return (
    own.length === parts.length && own.every((part, index) => part.startsWith(':') || part === parts[index])
  );
}

/** The list of built files, read anew when it was written anew. */
function manifestReader(directory: string): () => { manifest?: Manifest; since?: number } {
  const path = join(directory, 'manifest.json');
  let known: { manifest?: Manifest; since?: number } = {};
  return () => {
    try {
      const { mtimeMs } = statSync(path);
      if (known.since !== mtimeMs) {
        known = { manifest: manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8'))), since: mtimeMs };
      }
    } catch {
      known = {};
    }
    return known;
  };
}

const ENDINGS = { br: '.br', gzip: '.gz', identity: '' } as const;

/** The best of the ways in which each file was compressed that the caller takes (RFC 9110 section 12.5.3). */
function encodingOf(accepted = ''): keyof typeof ENDINGS {
  const taken = new Set(
    accepted
      .toLowerCase()
      .split(',')
      .filter((each) => !/;\s*q=0(?:\.0*)?\s*$/.test(each))
      .map((each) => each.replace(/;.*/, '').trim()),
  );
  return taken.has('br') ? 'br' : taken.has('gzip') ? 'gzip' : 'identity';
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
