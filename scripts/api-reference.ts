/*
 * Writes docs/api.md, the operations of the API with who may call them, from the description that Postern itself serves; so it cannot
 * be wrong.
 *
 *   node scripts/api-reference.ts [--check]
 *
 * With --check nothing is written, and the exit code is 1 when the file is out of date.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeApi } from '../src/admin/openapi.ts';
import { isObject, type JsonSchema } from '../src/admin/openapi-schemas.ts';
import { createApp } from '../src/app.ts';
import { createLog } from '../src/observe/log.ts';

const FILE = path.join(import.meta.dirname, '../docs/api.md');

const HEAD = `# The API

Everything that the page does, it does over this API; programs can do the same. It is described in full, with every field, by
\`/api/v1/openapi.json\` (OpenAPI 3.1), from which clients can be generated. Programs send \`Authorization: Bearer TOKEN\` with an API
token that has the permission; the page sends the cookie of a session.

\`\`\`sh
curl -H 'Authorization: Bearer postern_…' http://localhost:8025/api/v1/overview     # Users and tokens → API tokens → New token
\`\`\`

- Bodies are JSON in UTF-8, at most 1 MiB, and 16 KiB where anybody may send them. Times are milliseconds since 1970, sizes are bytes.
- Every error is \`{ "code", "message", "faults"?, "hint"? }\`; the codes are in [errors.md](errors.md), and \`faults\` name fields by path.
- Lists that grow are read page by page: \`limit\` says how many, and \`next\` of an answer goes into \`before\` of the next request.
- What has an \`ETag\` is changed with it in \`If-Match\`, so that nobody's change is lost: 412 says that somebody was quicker.

This file is written by \`node scripts/api-reference.ts\`, and a test holds it against the code. \`public\`: anybody who reaches the
address; \`signed-in\`: whoever has a session; else the permission that is needed.
`;

/** The file as it has to be. `document`: what the API says of itself. */
export function renderApiReference(document: JsonSchema): string {
  const tags = Array.isArray(document['tags']) ? document['tags'].filter(isObject) : [];
  const operations = Object.entries(isObject(document['paths']) ? document['paths'] : {}).flatMap(
    ([address, methods]) =>
      Object.entries(isObject(methods) ? methods : {}).flatMap(([method, operation]) =>
        isObject(operation) ? [{ address, method: method.toUpperCase(), operation }] : [],
      ),
  );
  const areas = tags.map(({ name, description }) => {
    const rows = operations
      .filter(({ operation }) => Array.isArray(operation['tags']) && operation['tags'].includes(name))
      .map(({ address, method, operation }) => [
        `\`${method} ${address}\``,
        `\`${text(operation['x-permission'])}\``,
        text(operation['summary']),
      ]);
    const lines = [['operation', 'who', 'what'], ['---', '---', '---'], ...rows];
    return `## ${text(name)}\n\n${text(description)}\n\n${lines.map(tableLine).join('\n')}\n`;
  });
  return [HEAD, ...areas].join('\n');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What a Postern that has just been installed says of itself; it is made, and never started. */
async function describeSelf(): Promise<JsonSchema> {
  const directory = await mkdtemp(path.join(tmpdir(), 'postern-api-'));
  try {
    const app = await createApp(
      {
        dataDirectory: directory,
        database: { engine: 'sqlite', file: path.join(directory, 'postern.db') },
        admin: { address: '127.0.0.1', port: 0, behindProxy: false },
        masterKeyFile: path.join(directory, 'master.key'),
        log: { level: 'info', format: 'json' },
      },
      { log: createLog({ level: 'error', format: 'json', destination: 2 }).log, version: '' },
    );
    const document = describeApi(app.admin.routes, '');
    await app.stop(0);
    return document;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { check: { type: 'boolean', default: false } } });
  const fresh = renderApiReference(await describeSelf());
  if ((await readFile(FILE, 'utf8').catch(() => '')) === fresh) return 0;
  if (values.check) {
    console.error('docs/api.md is out of date; run: node scripts/api-reference.ts');
    return 1;
  }
  await writeFile(FILE, fresh);
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
