import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { run } from '../../scripts/bench/processes.ts';
import { ADMIN_TOKEN_FILE } from '../../src/admin/admin-token.ts';
import { type Relay, startRelay } from '../support/relay.ts';

const CLIENT = join(import.meta.dirname, 'api-client.py');

describe('a client in Python that knows the description of the API alone', () => {
  let relay: Relay;
  before(async function () {
    const found = await run('python3', ['--version']).catch(() => undefined);
    if (found === undefined) this.skip();
    relay = await startRelay();
  });
  after(() => relay?.remove());

  it('changes the settings, sends a test mail, reads every list, and understands what is refused', async () => {
    const token = (await readFile(join(relay.directory, ADMIN_TOKEN_FILE), 'utf8')).trim();
    const url = `http://127.0.0.1:${relay.app.admin.address().port}`;
    const printed: unknown = JSON.parse(await run('python3', [CLIENT, url, token]));
    const { operations, read } = z.object({ operations: z.number(), read: z.number() }).parse(printed);
    expect(operations).to.be.above(40);
    expect(read).to.be.above(12);
  });
});
