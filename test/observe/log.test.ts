import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { createLog } from '../../src/observe/log.ts';
import { serialiseError } from '../../src/observe/serialise-error.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';

const LOG = new URL('../../src/observe/log.ts', import.meta.url).href;
const run = promisify(execFile);

describe('the log', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-log-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  for (const format of ['json', 'pretty'] as const) {
    it(`never writes a secret as ${format}, however deep it is`, async () => {
      const destination = join(directory, 'log');
      const owned = createLog({ level: 'info', format, destination });
      const secret = new Secret('hunter2');
      owned.log.info(
        { secret, deep: { list: [{ secret }] }, error: new Error('x', { cause: secret }) },
        'hello',
      );
      owned.log.child({ secret }).warn('child');
      await untilOpen(owned, destination);
      const text = await readFile(destination, 'utf8');
      expect(text).to.contain('hello').and.contain('child').and.contain('[secret]');
      expect(text).not.to.contain('hunter2');
    });
  }

  it('writes one JSON object a line, with the level as a word and the time as ISO 8601', async () => {
    const destination = join(directory, 'log');
    const owned = createLog({ level: 'info', format: 'json', destination });
    owned.log.debug('unseen');
    owned.log.error(
      { id: 'A', error: new RelayError('store-full', 'no space', { cause: new Error('inner') }) },
      'bad\nnews',
    );
    await untilOpen(owned, destination);
    const lines = (await readFile(destination, 'utf8')).trim().split('\n');
    expect(lines).to.have.length(1);
    const line: unknown = JSON.parse(lines[0] ?? '');
    expect(line).to.include({ level: 'error', id: 'A', msg: 'bad\nnews' });
    expect(line)
      .to.have.property('time')
      .that.matches(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(line).to.have.nested.property('error.code', 'store-full');
    expect(line).to.have.nested.property('error.cause.message', 'inner');
  });

  it('loses nothing when the process ends right after thousands of lines', async () => {
    const script = `
      import { createLog } from '${LOG}';
      const { log, flush } = createLog({ level: 'info', format: 'json' });
      for (let index = 0; index < 20000; index += 1) log.info({ index }, 'line');
      flush();
      process.exit(0);`;
    const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '-e', script], {
      maxBuffer: 64 * 1024 * 1024,
    });
    const lines = stdout.trim().split('\n');
    expect(lines).to.have.length(20_000);
    expect(JSON.parse(lines.at(-1) ?? '')).to.include({ index: 19_999 });
  });

  it('goes on without a reader, with bounded memory, and counts what is dropped', async () => {
    const script = `
      import { createLog } from '${LOG}';
      const { log, dropped } = createLog({ level: 'info', format: 'json' });
      const text = 'x'.repeat(1000);
      for (let index = 0; index < 40000; index += 1) {
        log.info({ text }, 'line');
        if (index % 1000 === 0) await new Promise(setImmediate);
      }
      process.stderr.write(JSON.stringify({ dropped: dropped(), rss: process.memoryUsage().rss }));
      process.exit(0);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script]);
    let said = '';
    child.stderr.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    // Nobody reads standard output: the pipe fills up.
    const code = await new Promise((resolve) => {
      child.once('exit', resolve);
    });
    expect(code, said).to.equal(0);
    expect(JSON.parse(said)).to.have.property('dropped').that.is.greaterThan(1000);
  });

  it('survives a pipe whose reader has gone and a disk that is full', async () => {
    const script = `
      import { createLog } from '${LOG}';
      const broken = createLog({ level: 'info', format: 'json' });
      const full = createLog({ level: 'info', format: 'json', destination: '/dev/full' });
      for (let index = 0; index < 200; index += 1) {
        broken.log.info('line');
        full.log.info('line');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      broken.flush();
      full.flush();
      process.stderr.write('still here');
      process.exit(0);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script]);
    let said = '';
    child.stdout.destroy();
    child.stderr.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    const code = await new Promise((resolve) => {
      child.once('exit', resolve);
    });
    expect({ code, said }).to.deep.equal({ code: 0, said: 'still here' });
  });
});

describe('errors in the log', () => {
  it('are cut: depth of causes, number of inner errors, length, control characters', () => {
    let error = new Error(`\u001b[31m${'x'.repeat(10_000)}`);
    for (let depth = 0; depth < 50; depth += 1) error = new Error(`level ${depth}`, { cause: error });
    const inner = Array.from({ length: 100 }, () => error);
    const text = JSON.stringify(serialiseError(new AggregateError(inner, 'many')));
    expect(text.length).to.be.lessThan(200_000);
    expect(text).not.to.contain('\\u001b');
  });

  it('stand a cause that goes in a circle', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(serialiseError(error)).length).to.be.lessThan(50_000);
  });

  it('show no fields that a library has hung on them', () => {
    const error = Object.assign(new Error('failed'), {
      code: 'EAUTH',
      request: { password: 'hunter2' },
      command: 'AUTH x',
    });
    const serialised = serialiseError(error);
    expect(serialised).to.include({ type: 'Error', message: 'failed', code: 'EAUTH' });
    expect(JSON.stringify({ ...serialised, stack: '' })).not.to.match(/hunter2|AUTH x/);
  });

  for (const thrown of [
    undefined,
    null,
    'text',
    5,
    { a: 1 },
    Object.create(null),
    Symbol('s'),
  ] as unknown[]) {
    it(`may be ${typeof thrown}, which is none`, () => {
      expect(serialiseError(thrown)).to.have.property('message').that.is.a('string');
    });
  }
});

/** The file is opened in the background; until then there is nothing to flush into. */
async function untilOpen(owned: { flush(): void }, file: string): Promise<void> {
  const deadline = performance.now() + 5000;
  while (performance.now() < deadline) {
    owned.flush();
    if ((await readFile(file, 'utf8').catch(() => '')) !== '') return;
    await new Promise(setImmediate);
  }
}
