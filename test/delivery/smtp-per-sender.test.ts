import { expect } from 'chai';
import { systemClock } from '../../src/shared/clock.ts';
import { fakeTokens } from '../support/fake-tokens.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordAlerts } from '../support/recorded-alerts.ts';
import type { ScriptedServerOptions, ShownToken } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';
import { closeAll, deliver, message, startUpstream, summary } from './support.ts';

const REFUSAL = { reply: '535 5.7.3 Authentication unsuccessful' };
const from = (name: string) => message({ sender: `${name}@example.com` });

interface Options {
  readonly oauth?: object;
  readonly rewrite?: 'never' | 'if-refused';
  readonly limits?: object;
  readonly next?: Parameters<typeof fakeTokens>[0];
  readonly server?: ScriptedServerOptions;
  readonly goodToken?: (token: string) => boolean;
}

/** An application that was granted the mailboxes in `granted`; `relay@example.com` is its own. */
async function start(granted: readonly string[], options: Options = {}) {
  const open = new Set(['relay', ...granted].map((name) => `${name}@example.com`));
  const shown: ShownToken[] = [];
  const tokens = fakeTokens(options.next ?? ((count) => `token-${count}`));
  const hours = new ManualClock();
  const alerts = recordAlerts();
  const test = await startUpstream(
    {
      mechanisms: ['XOAUTH2'],
      token(one) {
        shown.push(one);
        return open.has(one.user) && (options.goodToken?.(one.token) ?? true) ? true : REFUSAL;
      },
      ...options.server,
    },
    {
      authentication: {
        type: 'oauth2',
        provider: 'microsoft',
        flow: 'client-credentials',
        mailbox: 'relay@example.com',
        clientId: 'client-1',
        tenantId: 'tenant-1',
        perSender: true,
        ...options.oauth,
      },
      from: { rewrite: options.rewrite ?? 'never' },
      ...(options.limits ? { limits: options.limits } : {}),
    },
    {
      tokens,
      alerts,
      clock: {
        now: () => hours.now(),
        monotonic: () => hours.now() + systemClock.monotonic() / 1000,
        after: systemClock.after.bind(systemClock),
      },
    },
  );
  const users = () => shown.map(({ user }) => user.replace('@example.com', ''));
  return { ...test, tokens, shown, users, open, alerts, hours };
}

describe('mail from each sender’s own mailbox', () => {
  afterEach(closeAll);

  it('signs in as the sender, and keeps a warm connection for each', async () => {
    const { upstreams, server, users, tokens } = await start(['anna', 'ben']);
    for (const name of ['anna', 'ben', 'anna', 'ben', 'anna'])
      expect(summary((await deliver(upstreams, from(name))).outcome)).to.equal('delivered');
    expect(users()).to.deep.equal(['anna', 'ben']);
    expect(server.connections()).to.equal(2);
    expect(tokens.issued()).to.equal(1);
  });

  it('signs in as the default mailbox for reports and for its own mail', async () => {
    const { upstreams, users, server } = await start([]);
    await deliver(upstreams, message({ sender: '', own: true }));
    await deliver(upstreams, message({ sender: 'Relay@Example.com' }));
    expect(users()).to.deep.equal(['relay']);
    expect(server.connections()).to.equal(1);
  });

  it('takes a mailbox that is not granted for the sender’s matter, and asks only now and then', async () => {
    const { upstreams, users, open, hours } = await start([]);
    const { outcome } = await deliver(upstreams, from('anna'));
    expect(summary(outcome)).to.equal('rejected sender');
    expect(outcome)
      .to.have.nested.property('recipients[0].remedy')
      .that.contains('Add-MailboxPermission -Identity anna@example.com')
      .and.contains('if-refused');
    expect(outcome).to.have.nested.property('recipients[0].reply.text').that.contains('535 5.7.3');
    expect(upstreams.status()[0]?.circuit).to.equal('closed');
    await deliver(upstreams, from('anna'));
    expect(users()).to.deep.equal(['anna', 'relay']);
    open.add('anna@example.com');
    hours.advance(10 * 60_000 + 1);
    expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('delivered');
  });

  it('sends from the default mailbox instead where the policy says so, and alerts nobody for it', async () => {
    const { upstreams, users, server, alerts } = await start([], { rewrite: 'if-refused' });
    for (let count = 0; count < 3; count += 1) {
      const attempt = await deliver(upstreams, from('anna'));
      expect(summary(attempt.outcome)).to.equal('delivered');
      expect(attempt.rewrittenSender).to.equal('relay@example.com');
    }
    expect(users()).to.deep.equal(['anna', 'relay']);
    expect(server.transactions).to.have.length(3);
    expect(server.transactions[0]?.body.toString()).to.contain('X-Original-From: <scanner@example.com>');
    expect(alerts.history).to.deep.equal([]);
  });

  it('holds the upstream, and bounces nothing, when the default mailbox is refused too', async () => {
    const { upstreams, open } = await start([]);
    open.clear();
    expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('unavailable authentication');
    expect(upstreams.status()[0]?.circuit).to.equal('open');
  });

  it('renews a token that has become void before it blames a sender', async () => {
    const { upstreams, users } = await start(['anna'], { goodToken: (token) => token !== 'token-1' });
    expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('delivered');
    expect(users()).to.deep.equal(['anna', 'relay', 'relay', 'anna']);
  });

  it('asks the void token’s successor about a sender that is not granted, too', async () => {
    const { upstreams } = await start([], { goodToken: (token) => token !== 'token-1' });
    expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('rejected sender');
    expect(upstreams.status()[0]?.circuit).to.equal('closed');
  });

  it('bounces nothing for a server that was out of order just then', async () => {
    for (const script of [
      { banner: { reply: '554 5.3.2 not now' } },
      { auth: { reply: '454 4.7.0 Temporary authentication failure' } },
      { ehlo: { reply: '250-scripted.test\r\n250 SIZE 1000000' } },
    ]) {
      const { upstreams } = await start([], {
        server: {
          script: Object.fromEntries(
            Object.entries(script).map(([step, action]) => [
              step,
              ({ connection }: { connection: number }) => (connection === 1 ? action : undefined),
            ]),
          ),
        },
      });
      expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.match(/^unavailable/);
    }
  });

  it('forgets who was not granted when the upstream itself is out of order', async () => {
    const { upstreams, open, hours, users, server } = await start([]);
    await deliver(upstreams, from('anna'));
    open.clear();
    server.cutAll();
    await until(() => upstreams.status()[0]?.connections === 0, 'the loss is noticed');
    await deliver(upstreams, message({ sender: '' }));
    hours.advance(60_000);
    const before = users().length;
    expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('unavailable authentication');
    expect(users().length).to.be.above(before);
  });

  it('keeps within the connections of the upstream', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `user${index}`);
    const { upstreams, server } = await start(names, { limits: { connections: 3 } });
    for (const name of names) {
      expect(summary((await deliver(upstreams, from(name))).outcome)).to.equal('delivered');
      expect(upstreams.status()[0]?.connections).to.be.at.most(3);
      expect(server.open()).to.be.at.most(3);
    }
    expect(server.connections()).to.equal(12);
  });

  it('takes a mailbox that cannot be opened again and again for one that is not granted', async () => {
    const { upstreams } = await start(['anna', 'ben'], {
      server: {
        script: {
          final: ({ connection }) =>
            connection === 1
              ? { reply: '430 4.2.0 STOREDRV; mailbox logon failure; Cannot open mailbox' }
              : undefined,
        },
      },
    });
    for (let count = 0; count < 3; count += 1)
      expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('deferred busy');
    expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('rejected sender');
    expect(summary((await deliver(upstreams, from('ben'))).outcome)).to.equal('delivered');
    expect(upstreams.status()[0]?.circuit).to.equal('closed');
  });

  describe('over a service account', () => {
    const oauth = { provider: 'google', flow: 'service-account' };

    it('has a token of its own for each mailbox', async () => {
      const { upstreams, shown } = await start(['anna'], {
        oauth,
        next: (_count, mailbox) => `token of ${mailbox}`,
      });
      await deliver(upstreams, from('anna'));
      await deliver(upstreams, message({ sender: '' }));
      expect(shown.map(({ user, token }) => `${user}: ${token}`)).to.deep.equal([
        'anna@example.com: token of anna@example.com',
        'relay@example.com: token of relay@example.com',
      ]);
    });

    it('takes a mailbox that gets no token for the sender’s matter', async () => {
      const { upstreams, alerts } = await start([], {
        oauth,
        rewrite: 'if-refused',
        next: (_count, mailbox) =>
          mailbox === 'relay@example.com'
            ? 'good'
            : { kind: 'unavailable', reason: 'authentication', text: 'Invalid email or User ID.' },
      });
      const attempt = await deliver(upstreams, from('anna'));
      expect(summary(attempt.outcome)).to.equal('delivered');
      expect(attempt.rewrittenSender).to.equal('relay@example.com');
      expect(alerts.history).to.deep.equal([]);
    });

    it('holds the upstream when nobody gets a token', async () => {
      const { upstreams } = await start([], {
        oauth,
        next: () => ({ kind: 'unavailable', reason: 'authentication', text: 'unauthorized_client' }),
      });
      expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal(
        'unavailable authentication',
      );
    });

    it('waits where the token endpoint is away', async () => {
      const { upstreams } = await start([], {
        oauth,
        next: () => ({ kind: 'unavailable', reason: 'unreachable', text: 'The token endpoint is away.' }),
      });
      expect(summary((await deliver(upstreams, from('anna'))).outcome)).to.equal('unavailable unreachable');
    });
  });
});
