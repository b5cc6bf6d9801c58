import { posix } from 'node:path';
import { codeOf, type Rule, type SourceFile } from './source-files.ts';

/** What a file imports. */
interface Import {
  readonly from: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

/** Rooms from the ground up; a room may import from lower ranks and from itself. */
const RANKS: Readonly<Record<string, number>> = {
  shared: 0,
  message: 1,
  config: 1,
  settings: 1,
  access: 2,
  certificates: 2,
  network: 3,
  oauth: 4,
  delivery: 5,
  queue: 6,
  inbound: 7,
  inbox: 7,
  notices: 7,
  cluster: 7,
  admin: 8,
  app: 9,
  cli: 10,
  main: 11,
};

/** Rooms that implement interfaces of others: from shared/ they take what they like, from domains only types. */
const IMPLEMENTERS: readonly string[] = ['store', 'observe'];

/** Rooms that stand apart: what they may take, and nothing takes from them. */
const APART: Readonly<Record<string, readonly string[]>> = {
  simulator: ['shared', 'message', 'certificates'],
  ui: ['admin', 'access'],
};

/** The command line starts what stands apart. */
const STARTERS: Readonly<Record<string, string>> = { simulator: 'cli' };

/** Domains end below this rank. */
const FIRST_JOINER = RANKS['admin'] ?? 0;

/** Who may import an implementer's values: the two that join everything, and whoever runs before there is an app. */
const JOINERS: readonly string[] = ['app', 'cli', 'main'];

/** Packages that only these rooms import. */
const PACKAGE_ROOMS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^smtp-server(\/|$)/, ['inbound', 'simulator']],
  [
    /^nodemailer\/lib\/(mime|mail-composer|addressparser|qp|base64|punycode)/,
    ['message', 'notices', 'delivery'],
  ],
  [/^nodemailer(\/|$)/, ['delivery']],
  [/^express(\/|$)/, ['admin', 'simulator']],
  [/^kysely(\/|$)|^pg(\/|$)/, ['store']],
  [/^node:sqlite$/, ['store', 'cli']], // `restore` looks at a file that is no store yet
  [/^@azure\/msal-node|^google-auth-library|^gaxios|^oauth4webapi/, ['oauth']],
  [/^undici(\/|$)/, ['network']],
  [/^mailparser(\/|$)/, ['inbox']],
  [/^prom-client(\/|$)|^pino-pretty$/, ['observe']],
  [/^@peculiar\/x509$|^reflect-metadata$/, ['certificates', 'simulator']],
  [/^(preact|preact-iso|@picocss\/pico)(\/|$)/, ['ui']],
  [/^otpauth$|^uqr$/, ['access']],
  [/^node-forge$/, ['certificates']],
  [/^helmet$/, ['admin']],
];

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'/g;

/** Imports go one way only, and each package has its room. */
export const importDirection: Rule = (files) =>
  files.flatMap((file) =>
    importsOf(file).flatMap((each) => {
      const fault = faultOf(file.path, each);
      return fault === undefined ? [] : [`${file.path}:${each.line}: ${fault}`];
    }),
  );

/** No file reaches itself through what it runs; a type may point back within a room, since it is gone at run time. */
export const importCycles: Rule = (files) => {
  const graph = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const loop = trail.indexOf(path);
    if (loop >= 0) {
      found.push(`${path}: imports itself: ${[...trail.slice(loop), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
};

/** A file that only hands on what others export hides where things are. */
export const barrelFiles: Rule = (files) =>
  files.flatMap((file) => {
    if (/(^|\/)index\.tsx?$/.test(file.path))
      return [`${file.path}: is named index; name it after what it holds`];
    const statements = codeOf(file.text).replaceAll(/^\s*(import|export)\b[^;]*\bfrom\b[^;]*;/gm, '');
    const handsOn = /^export\b[^;]*\bfrom\s*'/m.test(file.text);
    return handsOn && statements.trim() === ''
      ? [`${file.path}: is a barrel file; import from where things are`]
      : [];
  });

/** Everything is exported by its name. */
export const namedExports: Rule = (files) =>
  files.flatMap((file) =>
    /^\s*export\s+default\b/m.test(codeOf(file.text)) ? [`${file.path}: has a default export; name it`] : [],
  );

function importsOf(file: SourceFile): Import[] {
  const lineAt = (index: number) => file.text.slice(0, index).split('\n').length;
  // Import lines are found in the text, since blanked strings have no names; a match inside a comment is left out.
  const code = codeOf(file.text);
  const inCode = (index: number) => /\S/.test(code.slice(index, index + 12));
  const statements = [...file.text.matchAll(STATEMENT)].map((match) => ({
    index: match.index + match[0].search(/\S/),
    from: match[2] ?? '',
    typeOnly: match[1] !== undefined,
  }));
  const dynamic = [...file.text.matchAll(DYNAMIC)].map((match) => ({
    index: match.index,
    from: match[1] ?? '',
    typeOnly: false,
  }));
  return [...statements, ...dynamic]
    .filter(({ index }) => inCode(index))
    .map(({ index, from, typeOnly }) => ({ from, typeOnly, line: lineAt(index) }));
}

function targetsOf(file: SourceFile): string[] {
  return importsOf(file)
    .filter(({ from, typeOnly }) => from.startsWith('.') && !typeOnly)
    .map(({ from }) => posix.join(posix.dirname(file.path), from));
}

function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.tsx?$/, '');
}

function faultOf(path: string, { from, typeOnly }: Import): string | undefined {
  const room = roomOf(path);
  if (!from.startsWith('.')) return packageFault(room, from, typeOnly);
  const target = posix.join(posix.dirname(path), from);
  if (!target.startsWith('src/'))
    return target === 'package.json' ? undefined : `imports ${target}, outside src`;
  const other = roomOf(target);
  if (other === room) return undefined;
  const apart = APART[room];
  if (apart !== undefined) {
    if (room === 'ui' && !typeOnly) return `ui/ runs in a browser: of ${other}/ it may import types only`;
    return apart.includes(other)
      ? undefined
      : `${room}/ may import ${apart.join(' and ')} only, not ${other}/`;
  }
  if (other in APART && STARTERS[other] !== room) return `${room}/ imports ${other}/, which stands apart`;
  if (other in APART) return undefined;
  if (IMPLEMENTERS.includes(room)) {
    if (other === 'shared' || (typeOnly && (RANKS[other] ?? FIRST_JOINER) < FIRST_JOINER)) return undefined;
    return `${room}/ may import types of domains only, not the values of ${other}/`;
  }
  if (IMPLEMENTERS.includes(other)) {
    const allowed = JOINERS.includes(room) || (typeOnly && other === 'observe' && room === 'admin');
    return allowed ? undefined : `${room}/ imports ${other}/, which only ${JOINERS.join(', ')} may`;
  }
  const [own, theirs] = [RANKS[room], RANKS[other]];
  if (own === undefined || theirs === undefined) {
    return `no rule knows the room ${own === undefined ? room : other}/`;
  }
  return theirs < own ? undefined : `${room}/ may not import ${other}/: imports go the other way`;
}

function packageFault(room: string, from: string, typeOnly: boolean): string | undefined {
  const rule = PACKAGE_ROOMS.find(([pattern]) => pattern.test(from));
  if (rule === undefined || rule[1].includes(room)) return undefined;
  if (typeOnly && from.startsWith('@peculiar')) return undefined;
  return `${room}/ imports ${from}, which belongs to ${rule[1].join(', ')}`;
}
