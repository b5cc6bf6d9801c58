import { expect } from 'chai';
import type { ScriptedServerOptions } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';
import { closeAll, deliver, message, startUpstream, summary, to } from './support.ts';

describe('warm connections', () => {
  afterEach(closeAll);

  const stale: readonly (readonly [name: string, script: ScriptedServerOptions['script']])[] = [
    ['closes at MAIL', { mail: ({ transaction }) => (transaction === 2 ? { cut: 'instead' } : undefined) }],
    [
      'answers 421 to MAIL',
      {
        mail: ({ transaction }) =>
          transaction === 2 ? { reply: '421 4.4.2 idle too long', cut: 'after' } : undefined,
      },
    ],
    ['closes at RCPT', { rcpt: ({ transaction }) => (transaction === 2 ? { cut: 'instead' } : undefined) }],
  ];
  for (const [name, script] of stale) {
    it(`makes a new one within the same attempt when the server ${name}`, async () => {
      const { server, upstreams } = await startUpstream(script ? { script } : {});
      await deliver(upstreams);
      const { outcome } = await deliver(upstreams);
      expect(summary(outcome)).to.equal('delivered');
      expect(server.connections()).to.equal(2);
      expect(server.transactions).to.have.length(2);
    });
  }

  it('forgets one that the server closed while it was idle', async () => {
    const { server, upstreams } = await startUpstream();
    await deliver(upstreams);
    server.cutAll();
    await until(() => upstreams.status()[0]?.connections === 0, 'the loss is noticed');
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    expect(server.connections()).to.equal(2);
  });

  it('does not send again what a warm connection may have taken', async () => {
    const { server, upstreams } = await startUpstream({
      script: { final: ({ transaction }) => (transaction === 2 ? { cut: 'instead' } : undefined) },
    });
    await deliver(upstreams);
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('deferred in-doubt');
    expect(server.connections()).to.equal(1);
  });

  it('is not used when the server said something while nobody asked', async () => {
    const { server, upstreams } = await startUpstream({
      script: { final: { reply: '250 2.0.0 taken\r\n250 2.0.0 and again' } },
    });
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    await until(() => upstreams.status()[0]?.connections === 0, 'the connection is given up');
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    expect(server.connections()).to.equal(2);
  });

  it('is left after messagesPerConnection', async () => {
    const { server, upstreams } = await startUpstream({}, { limits: { messagesPerConnection: 2 } });
    for (let count = 0; count < 4; count += 1) await deliver(upstreams);
    expect(server.connections()).to.equal(2);
    await until(() => server.quits() === 2, 'both are left with QUIT');
  });

  it('is left with QUIT when it was idle for too long', async () => {
    const { server, upstreams } = await startUpstream({}, { limits: { idle: '30ms' } });
    await deliver(upstreams);
    await until(() => server.quits() === 1, 'QUIT');
    await until(() => server.open() === 0, 'closed');
  });

  it('is opened for each message at the same time, and all are kept', async () => {
    const { server, upstreams } = await startUpstream({ script: { final: { delay: 30 } } });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => deliver(upstreams)));
    expect(outcomes.map(({ outcome }) => summary(outcome))).to.deep.equal(Array(5).fill('delivered'));
    expect(server.connections()).to.equal(5);
    expect(upstreams.status()[0]?.connections).to.equal(5);
  });

  it('lets go when told to stop, and says what is in doubt', async () => {
    const { upstreams } = await startUpstream({ script: { final: { silent: true } } });
    const stop = new AbortController();
    const attempt = deliver(upstreams, message(), to('a@x.test'), stop.signal);
    setTimeout(() => stop.abort(), 30);
    expect(summary((await attempt).outcome)).to.equal('deferred in-doubt');
    const early = await deliver(upstreams, message(), to('a@x.test'), stop.signal);
    expect(summary(early.outcome)).to.equal('deferred busy');
    expect(upstreams.status()[0]?.circuit).to.equal('closed');
  });
});
