import { expect } from 'chai';
import { withReference } from '../../scripts/settings-reference.ts';
import { errorsDocumented, metricsDocumented } from './rules/documented.ts';
import { barrelFiles, importCycles, importDirection, namedExports } from './rules/imports.ts';
import { dependencyTable, exactVersions, lockFile, machineTraces } from './rules/repository.ts';
import { routeAccess } from './rules/routes.ts';
import { docComments, escapeHatches, fileNames, fileSizes } from './rules/shape.ts';
import { type Rule, repositoryFiles, type SourceFile, typeScriptIn } from './rules/source-files.ts';

/** A rule, what it looks at, breaches that it has to see, and innocents that it has to leave alone. */
interface Guard {
  readonly title: string;
  readonly rule: Rule;
  readonly scope: (files: readonly SourceFile[]) => readonly SourceFile[];
  /** Each: the planted files, and words that the report has to contain. */
  readonly planted: readonly (readonly [Readonly<Record<string, string>>, string])[];
  readonly innocent: readonly Readonly<Record<string, string>>[];
}

const src = (files: readonly SourceFile[]) => typeScriptIn(files, 'src');
const code = (files: readonly SourceFile[]) => typeScriptIn(files, 'src', 'test', 'scripts');
const all = (files: readonly SourceFile[]) => files;
const lines = (count: number) => '// line\n'.repeat(count);

const GUARDS: readonly Guard[] = [
  {
    title: 'imports go one way only, and each package has its room',
    rule: importDirection,
    scope: src,
    planted: [
      [{ 'src/shared/a.ts': "import { b } from '../queue/b.ts';" }, 'shared/ may not import queue/'],
      [{ 'src/delivery/a.ts': "import type { B } from '../queue/b.ts';" }, 'imports go the other way'],
      [
        { 'src/message/a.ts': "import {\n  type B,\n  c,\n} from '../settings/b.ts';" },
        'src/message/a.ts:1: message/',
      ],
      [{ 'src/queue/a.ts': "import { openStore } from '../store/open-store.ts';" }, 'queue/ imports store/'],
      [{ 'src/store/a.ts': "import { work } from '../queue/worker.ts';" }, 'types of domains only'],
      [{ 'src/queue/a.ts': "const x = await import('../admin/admin.ts');" }, 'queue/ may not import admin/'],
      [{ 'src/admin/a.ts': "export { b } from '../simulator/b.ts';" }, 'stands apart'],
      [{ 'src/ui/a.tsx': "import { b } from '../admin/b.ts';" }, 'types only'],
      [{ 'src/queue/a.ts': "import '../unheard-of/b.ts';" }, 'no rule knows the room unheard-of/'],
      [{ 'src/queue/a.ts': "import { x } from '../../scripts/x.ts';" }, 'outside src'],
      [{ 'src/queue/a.ts': "import { SMTPServer } from 'smtp-server';" }, 'belongs to inbound'],
      [
        { 'src/message/a.ts': "import C from 'nodemailer/lib/smtp-connection/index.js';" },
        'belongs to delivery',
      ],
      [{ 'src/notices/a.ts': "import express from 'express';" }, 'belongs to admin'],
    ],
    innocent: [
      {
        'src/queue/a.ts':
          "// import { x } from '../admin/x.ts';\nimport type { O } from '../delivery/outcome.ts';\nimport { b } from './b.ts';\n",
      },
      {
        'src/store/a.ts':
          "import type { S } from '../queue/storage.ts';\nimport { e } from '../shared/errors.ts';",
      },
      { 'src/app.ts': "import { openStore } from './store/open-store.ts';" },
    ],
  },
  {
    title: 'no file imports itself by a detour',
    rule: importCycles,
    scope: src,
    planted: [
      [
        {
          'src/queue/a.ts': "import { b } from './b.ts';",
          'src/queue/b.ts': "import { c } from './sub/c.ts';",
          'src/queue/sub/c.ts': "export { a } from '../a.ts';",
        },
        'src/queue/a.ts → src/queue/b.ts → src/queue/sub/c.ts → src/queue/a.ts',
      ],
    ],
    innocent: [
      {
        'src/queue/a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
        'src/queue/b.ts': "import { c } from './c.ts';",
        'src/queue/c.ts': "import type { A } from './a.ts';",
      },
    ],
  },
  {
    title: 'there are no barrel files',
    rule: barrelFiles,
    scope: code,
    planted: [
      [{ 'src/queue/index.ts': 'export const a = 1;' }, 'is named index'],
      [
        { 'src/queue/all.ts': "/** All. */\nexport * from './a.ts';\nexport { b } from './b.ts';\n" },
        'is a barrel file',
      ],
    ],
    innocent: [{ 'src/queue/a.ts': "export type { B } from './b.ts';\nexport const a = 1;\n" }],
  },
  {
    title: 'everything is exported by its name',
    rule: namedExports,
    scope: code,
    planted: [[{ 'src/queue/a.ts': 'export default function a() {}\n' }, 'default export']],
    innocent: [{ 'src/queue/a.ts': '// export default\nexport function a() {}\n' }],
  },
  {
    title: 'files stay short',
    rule: fileSizes,
    scope: code,
    planted: [
      [{ 'src/queue/a.ts': lines(501) }, 'the end is 500'],
      [{ 'src/queue/a.ts': lines(351) }, 'needs a reason'],
      [{ 'test/queue/a.test.ts': lines(701) }, 'the end is 700'],
      [{ 'src/inbound/dialogue.ts': lines(100) }, 'no longer long'],
    ],
    innocent: [{ 'src/queue/a.ts': lines(350), 'test/queue/a.test.ts': lines(700) }],
  },
  {
    title: 'what is exported says what it is',
    rule: docComments,
    scope: (files) => typeScriptIn(files, 'src', 'scripts'),
    planted: [
      [
        { 'src/queue/a.ts': '/** File. */\n\nexport function a() {}\n\nexport async function b() {}\n' },
        'a.ts:5: b is exported',
      ],
      [{ 'src/queue/a.ts': 'export const A = 1;\n' }, 'neither opens with'],
      [
        { 'src/queue/a.ts': '/** A. */\nexport function a() {}\n\nexport class Thing {}\n' },
        'Thing is exported',
      ],
      [{ 'src/queue/a.ts': 'const b = 1;\nexport class Thing {}\n' }, 'Thing is exported'],
    ],
    innocent: [
      { 'src/queue/a.ts': '/** What it is. */\nexport function a() {}\n' },
      {
        'src/queue/a.ts':
          "import {\n  b,\n} from './b.ts';\n\n/** File. */\n\nconst C = 1;\nexport function a() {}\n",
      },
      { 'src/cli/a.ts': "export const a: Command = {\n  details: 'Does a.',\n};\n" },
      { 'scripts/a.ts': 'console.log(1);\n' },
    ],
  },
  {
    title: 'no checker is silenced',
    rule: escapeHatches,
    scope: (files) => code(files).filter(({ path }) => path !== 'test/guard/rules.test.ts'),
    planted: [
      [{ 'src/queue/a.ts': 'const a: any = 1;' }, 'src/queue/a.ts:1: uses any'],
      [{ 'src/queue/a.ts': '\nconst a = b as any;' }, 'src/queue/a.ts:2: uses any'],
      [{ 'src/queue/a.ts': 'const a: Map<string, any> = m;' }, 'uses any'],
      [{ 'src/queue/a.ts': 'const a = b!.c;' }, 'non-null assertion'],
      [{ 'src/queue/a.ts': 'const a = list[0]!;' }, 'non-null assertion'],
      [{ 'src/queue/a.ts': '// @ts-expect-error\nx();' }, 'silences the compiler'],
      [{ 'src/queue/a.ts': '// oxlint-disable-next-line no-x\nx();' }, 'without a reason'],
    ],
    innocent: [
      {
        'src/queue/a.ts':
          "// any! is a word\nconst a = 'x: any!';\nif (!a && b !== c) d(!e);\nconst any = 1;\nconst f = `any!.`;\nconst r = x.replace(/!/g, '');\n",
      },
      { 'src/queue/a.ts': '// oxlint-disable-next-line no-x -- the library has no other way\nx();' },
    ],
  },
  {
    title: 'files are named in kebab-case',
    rule: fileNames,
    scope: code,
    planted: [[{ 'src/queue/groupCommit.ts': '' }, 'kebab-case']],
    innocent: [{ 'src/queue/group-commit.ts': '', 'test/queue/group-commit.test.ts': '' }],
  },
  {
    title: 'nothing in the repository names a machine or a registry',
    rule: machineTraces,
    scope: all,
    planted: [
      [{ 'docs/a.md': 'see /home/somebody/x\n' }, "somebody's machine"],
      [{ 'src/queue/a.ts': "\nconst x = 'https://registry.npmjs.org/x';" }, 'src/queue/a.ts:2'],
    ],
    innocent: [{ 'README.md': 'see `src/home/somebody/x` and https://example.com/home/x\n' }],
  },
  {
    title: 'the lock file names no registry, and every optional package',
    rule: lockFile,
    scope: all,
    planted: [
      [{ 'package-lock.json': '{ "resolved": "https://x" }' }, 'resolved'],
      [
        {
          'package-lock.json':
            '{ "packages": { "node_modules/a": { "optionalDependencies": { "a-darwin": "1.0.0" } } } }',
        },
        'no entry for a-darwin',
      ],
    ],
    innocent: [
      {
        'package-lock.json':
          '{ "packages": { "node_modules/a": { "optionalDependencies": { "b": "1" } }, "node_modules/b": {} } }',
      },
    ],
  },
  {
    title: 'every dependency is pinned to one version',
    rule: exactVersions,
    scope: all,
    planted: [
      [{ 'package.json': '{"dependencies":{"x":"^1.0.0"}}' }, 'x is “^1.0.0”'],
      [{ 'package.json': '{"devDependencies":{"y":"latest"}}' }, 'y is “latest”'],
    ],
    innocent: [{ 'package.json': '{"dependencies":{"x":"1.0.0"},"devDependencies":{"y":"1.0.0-beta.2"}}' }],
  },
  {
    title: 'the README says why each runtime dependency is there',
    rule: dependencyTable,
    scope: all,
    planted: [
      [{ 'package.json': '{"dependencies":{"x":"1.0.0"}}', 'README.md': '# A\n' }, 'no heading'],
      [
        {
          'package.json': '{"dependencies":{"x":"1.0.0"}}',
          'README.md': '## Dependencies\n\n| `y` | why not |\n\n## B\n| `x` | no |\n',
        },
        'no row of Dependencies says why x',
      ],
      [
        { 'package.json': '{"dependencies":{}}', 'README.md': '## Dependencies\n\n| `y` | why |\n' },
        'has a row for y',
      ],
    ],
    innocent: [
      {
        'package.json': '{"dependencies":{"x":"1.0.0","z":"1.0.0"}}',
        'README.md': '## Dependencies\n\n| package | why |\n|---|---|\n| `x`, z | needed |\n\n## Next\n',
      },
    ],
  },
  {
    title: 'every metric is documented',
    rule: metricsDocumented,
    scope: all,
    planted: [
      [
        {
          'src/a/a.ts': "meter.counter('postern_x_total', 'X.')",
          'docs/metrics.md': '| `postern_y` | gone |\n',
        },
        'has no row for postern_x_total',
      ],
      [
        { 'src/a/a.ts': '', 'docs/metrics.md': '| `postern_y` | gone |\n' },
        'postern_y, which does not exist',
      ],
      [
        { 'src/a/a.ts': "m\n .gauge(\n 'queue_size', 'X.')", 'docs/metrics.md': '' },
        'does not begin with postern_',
      ],
      [{ 'src/a/a.ts': '' }, 'docs/metrics.md is missing'],
    ],
    innocent: [
      {
        'src/a/a.ts': "meter.counter('postern_x_total', 'X.')",
        'docs/metrics.md': '| `postern_x_total` | X |\n',
      },
    ],
  },
  {
    title: 'every error code is documented',
    rule: errorsDocumented,
    scope: all,
    planted: [
      [
        {
          'src/shared/errors.ts': "export type ErrorCode =\n  | 'one' // x\n  | 'two';\n",
          'docs/errors.md': '| `one` | x |\n',
        },
        'has no row for two',
      ],
      [{ 'src/shared/errors.ts': 'nothing', 'docs/errors.md': '' }, 'no ErrorCode was found'],
    ],
    innocent: [
      {
        'src/shared/errors.ts': "export type ErrorCode =\n  | 'one';\n",
        'docs/errors.md': '| `one` | x |\n',
      },
    ],
  },
  {
    title: 'every admin route declares who may call it',
    rule: routeAccess,
    scope: all,
    planted: [
      [
        { 'src/admin/routes/a.ts': "route({\n  method: 'get',\n  path: '/x',\n  async handle() {}\n})" },
        '/x does not declare its access',
      ],
      [
        { 'src/admin/routes/a.ts': "route({\n  path: '/api/v1/all',\n  access: 'public',\n  handle: f\n})" },
        '/api/v1/all is public',
      ],
      [
        {
          'src/admin/routes/a.ts':
            "route({\n  method: 'post',\n  path: '/x',\n  access: 'mail.send',\n  handle: f\n})",
        },
        '/x does not say how the audit trail has it',
      ],
      [{ 'src/admin/routes/a.ts': "app.get('/secret', handler);" }, 'past the table'],
      [
        {
          'src/admin/routes/a.ts':
            "route({\n  path: '/x',\n  access: 'mail.send',\n  handle() {\n return { status: 201 };\n}})",
        },
        '/x answers 201',
      ],
    ],
    innocent: [
      { 'src/admin/routes/a.ts': "route({\n  path: '/livez',\n  access: 'public',\n  handle: f\n})" },
      { 'src/admin/routes/a.ts': "route({\n  path: '/x',\n  access: 'token',\n  handle() {}\n})" },
      {
        'src/admin/routes/a.ts':
          "route({\n  method: 'post',\n  path: '/x',\n  access: 'mail.send',\n  audit: 'itself',\n  handle() {}\n})",
      },
      {
        'src/admin/routes/a.ts':
          "route({\n  path: '/x',\n  access: 'token',\n  api: { statuses: [201] },\n  handle: () => ({ status: 201 }) })",
      },
    ],
  },
];

const asFiles = (planted: Readonly<Record<string, string>>): SourceFile[] =>
  Object.entries(planted).map(([path, text]) => ({ path, text }));

describe('rules of the house', () => {
  const files = repositoryFiles();

  it('the README’s reference of settings and options is what the schema says', () => {
    const readme = files.find(({ path }) => path === 'README.md')?.text ?? '';
    expect(readme).to.contain('<!-- settings-reference:start -->');
    const current = withReference(readme) === readme;
    expect(current, 'README.md is as `node scripts/settings-reference.ts` writes it').to.equal(true);
  });

  for (const { title, rule, scope, planted, innocent } of GUARDS) {
    describe(title, () => {
      it('here', () => {
        const looked = scope(files);
        expect(looked.length, 'files looked at').to.be.greaterThan(0);
        expect(rule(looked)).to.deep.equal([]);
      });

      it('and a breach would be seen', () => {
        for (const [breach, words] of planted) {
          expect(rule(scope(asFiles(breach))).join('\n'), words).to.contain(words);
        }
        for (const harmless of innocent) expect(rule(scope(asFiles(harmless)))).to.deep.equal([]);
      });
    });
  }
});
