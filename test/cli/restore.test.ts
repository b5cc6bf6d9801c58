import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../src/shared/clock.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { openAccess, PASSWORD, setupToken } from '../support/access.ts';
import { typed } from '../support/command-line.ts';
import { recordLog } from '../support/recorded-log.ts';

describe('postern restore', () => {
  it('brings no session back, nor a setup link; users and tokens of then, and says so', async () => {
    const under = await openAccess();
    let restored: Store | undefined;
    try {
      const token = await setupToken(under.access);
      const origin = { address: '192.0.2.1', agent: '' };
      const { session } = await under.access.setup.redeem({ token, name: 'Ada', password: PASSWORD }, origin);
      const caller = {
        kind: 'machine',
        name: 'test',
        permissions: new Set(['status.read' as const]),
      } as const;
      const made = await under.access.tokens.add({ name: 'leaked', scopes: ['status.read'] }, caller);
      await under.access.setup.makeLink();
      const copy = join(under.directory, 'copy.db');
      await under.store.backup(copy);
      await under.access.sessions.end(session.user.id, session.id);
      await under.access.tokens.remove(made.token.id);
      await under.store.close();

      const done = await typed(['restore', copy, '--data', under.directory]);
      expect(done, done.err).to.deep.include({ code: 0 });
      expect(done.out).to.contain('1 user and 1 API token').and.contain('revoked since counts again');
      restored = await openStore({
        database: 'sqlite:',
        dataDirectory: under.directory,
        log: recordLog().log,
        clock: systemClock,
      });
      expect(await restored.access.sessions(session.user.id)).to.deep.equal([]);
      expect(await restored.access.setup()).to.equal(undefined);
      expect((await restored.access.users()).map(({ name }) => name)).to.deep.equal(['Ada']);
      expect((await restored.access.tokens()).map(({ name }) => name)).to.deep.equal(['leaked']);
    } finally {
      await restored?.close();
      await under.close();
    }
  });
});
