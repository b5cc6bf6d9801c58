import { expect } from 'chai';
import { createMetrics } from '../../src/observe/metrics.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startScriptedServer } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';
import {
  bodyOf,
  closeAll,
  deliver,
  isPermit,
  message,
  smtpUpstream,
  startUpstream,
  summary,
  testUpstreams,
  to,
} from './support.ts';

const DENIED = '554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException; not allowed';

/** The wall clock with hours added. */
function shiftedClock() {
  const manual = new ManualClock();
  return {
    clock: {
      now: () => manual.now(),
      monotonic: () => manual.now() + systemClock.monotonic() / 1000,
      after: systemClock.after.bind(systemClock),
    },
    advance: (milliseconds: number) => manual.advance(milliseconds),
  };
}

async function startPair(
  script: object,
  {
    recipientsPerDay,
    ...options
  }: { readonly extensions?: readonly string[]; readonly recipientsPerDay?: number } = {},
) {
  const other = await startScriptedServer();
  const first = await startScriptedServer({ script, ...options });
  const { upstreams } = testUpstreams({
    upstreams: [
      smtpUpstream(first.port, {
        fallback: 'second',
        ...(recipientsPerDay === undefined ? {} : { limits: { recipientsPerDay } }),
      }),
      smtpUpstream(other.port, { name: 'second' }),
    ],
  });
  return {
    upstreams,
    first,
    other,
    end: async () => {
      await upstreams.close();
      await first.close();
      await other.close();
    },
  };
}

const from = (rewrite: 'never' | 'if-refused' | 'always') => ({
  from: { address: 'relay@example.com', rewrite },
});

const refuseSenderOfB = ({ line, transaction }: { line: string; transaction: number }) =>
  transaction === 1 && line.includes('b@')
    ? { reply: '553 5.7.1 Sender address rejected: not owned by user relay' }
    : line.includes('c@')
      ? { reply: '550 5.1.1 nobody' }
      : undefined;

describe('the upstreams', () => {
  afterEach(closeAll);

  it('have a test relay without being configured, which holds everything', async () => {
    const { upstreams } = testUpstreams({});
    expect(
      upstreams.route({ sender: 'a@x.test', recipients: ['b@x.test'], client: 'c', listener: 'l' }),
    ).to.equal('test-relay');
    expect(upstreams.kindOf('test-relay')).to.equal('test-relay');
    const { outcome } = await deliver(
      upstreams,
      message(),
      to('a@x.test', 'b@x.test'),
      undefined,
      'test-relay',
    );
    expect(summary(outcome)).to.equal('held, held');
    expect(outcome).to.have.nested.property(
      'recipients[0].reply.text',
      'Held as 0123456789ABCDEF (test relay, not sent)',
    );
    await upstreams.close();
  });

  it('make mail wait for an upstream that is not in the settings', () => {
    const { upstreams } = testUpstreams({});
    expect(upstreams.enter('gone', 1)).to.deep.equal({ wait: 60_000, reason: 'configuration' });
  });

  it('open the circuit once for a dead upstream, say so in one line, and try again after the pause', async () => {
    const { clock, advance } = shiftedClock();
    const { upstreams, server, log } = await startUpstream(
      { script: { banner: { cut: 'instead' } } },
      {},
      { clock },
    );
    const outcomes = await Promise.all([deliver(upstreams), deliver(upstreams), deliver(upstreams)]);
    expect(outcomes.map(({ outcome }) => summary(outcome))).to.deep.equal(
      Array(3).fill('unavailable unreachable'),
    );
    expect(log.lines.filter((line) => line.includes('out of order'))).to.have.length(1);
    const wait = upstreams.enter('office', 1);
    expect(isPermit(wait) ? undefined : wait.reason).to.equal('unreachable');
    expect(upstreams.status()[0]).to.include({ circuit: 'open', reason: 'unreachable' });
    server.setScript({});
    advance(6000);
    const ready: string[] = [];
    upstreams.onReady((name) => ready.push(name));
    const probe = upstreams.enter('office', 1);
    expect(isPermit(probe)).to.equal(true);
    expect(upstreams.enter('office', 1)).to.deep.equal({
      wait: Number.POSITIVE_INFINITY,
      reason: 'unreachable',
    });
    if (!isPermit(probe)) return;
    await upstreams.deliver(probe, message(), to('a@x.test'), new AbortController().signal);
    expect(ready).to.deep.equal(['office']);
    probe.release();
    expect(upstreams.status()[0]?.circuit).to.equal('closed');
  });

  it('log at level error what an administrator has to do something about', async () => {
    const { upstreams, log } = await startUpstream({
      script: { mail: { reply: '530 5.7.57 Client not authenticated' } },
    });
    await deliver(upstreams);
    const line = log.lines.find((text) => text.includes('out of order')) ?? '';
    expect(JSON.parse(line)).to.include({ level: 50, upstream: 'office', reason: 'authentication' });
  });

  it('count what they do', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const { upstreams, server } = await startUpstream({}, {}, { meter: metrics.meter });
    await deliver(upstreams, message(), to('a@x.test', 'b@x.test'));
    server.setScript({ mail: { reply: '530 5.7.57 Client not authenticated' } });
    await deliver(upstreams);
    const text = await metrics.text();
    expect(text).to.contain('postern_deliveries_total{upstream="office",result="delivered"} 2');
    expect(text).to.contain('postern_deliveries_total{upstream="office",result="unavailable"} 1');
    expect(text).to.contain('postern_upstream_circuit_state{upstream="office"} 2');
    expect(text).to.contain('postern_upstream_connections{upstream="office"} ');
    expect(text).to.contain('postern_delivery_duration_seconds_count{upstream="office"} 2');
  });

  it('wake those who wait for a slot', async () => {
    const { upstreams } = await startUpstream({}, { limits: { connections: 1 } });
    const first = upstreams.enter('office', 1);
    expect(upstreams.enter('office', 1)).to.deep.equal({ wait: Number.POSITIVE_INFINITY, reason: 'slots' });
    const ready: string[] = [];
    const stop = upstreams.onReady((name) => ready.push(name));
    if (isPermit(first)) first.release();
    if (isPermit(first)) first.release();
    expect(ready).to.deep.equal(['office']);
    stop();
    expect(isPermit(upstreams.enter('office', 1))).to.equal(true);
    expect(isPermit(upstreams.enter('office', 1))).to.equal(false);
  });

  it('take what looks passing for a missing permission when it comes again and again', async () => {
    const { upstreams, server } = await startUpstream({
      script: { final: { reply: '430 4.2.0 STOREDRV; mailbox logon failure; Cannot open mailbox' } },
    });
    for (let count = 0; count < 3; count += 1)
      expect(summary((await deliver(upstreams)).outcome)).to.equal('deferred busy');
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable configuration');
    expect(outcome).to.have.property('remedy').that.contains('Add-MailboxPermission');
    server.setScript({});
    upstreams.probeNow('office');
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
  });

  it('use fewer connections when the upstream says that there are too many', async () => {
    const { upstreams } = await startUpstream(
      { script: { final: { reply: '432 4.3.2 Concurrent connections limit exceeded' } } },
      { limits: { connections: 10 } },
    );
    expect(summary((await deliver(upstreams)).outcome)).to.equal('deferred connections');
    const first = upstreams.enter('office', 1);
    expect('wait' in first && first.wait).to.be.within(1, 1000);
    const enter = () => Array.from({ length: 10 }, () => upstreams.enter('office', 1)).filter(isPermit);
    await until(() => enter().length === 3, 'three may try after the pause');
    expect(upstreams.status()[0]?.circuit).to.equal('closed');
  });

  it('count the recipients of the day', async () => {
    const { upstreams, usage } = await startUpstream({}, { limits: { recipientsPerDay: 3 } });
    await new Promise((resolve) => setImmediate(resolve));
    await deliver(upstreams, message(), to('a@x.test', 'b@x.test'));
    expect(upstreams.status()[0]?.recipientsToday).to.equal(2);
    const wait = upstreams.enter('office', 2);
    expect(isPermit(wait) ? undefined : wait.reason).to.equal('quota');
    await upstreams.close();
    expect(usage.get('office')?.map(({ recipients }) => recipients)).to.deep.equal([2]);
  });

  it('follow a change of the settings at once', async () => {
    const other = await startScriptedServer();
    const { upstreams, settings, server } = await startUpstream({ script: { banner: { reply: '554 no' } } });
    expect(summary((await deliver(upstreams)).outcome)).to.equal('unavailable configuration');
    const ready: string[] = [];
    upstreams.enter('office', 1);
    upstreams.onReady((name) => ready.push(name));
    settings.change({ upstreams: [smtpUpstream(other.port)], defaultUpstream: 'office' });
    expect(ready).to.deep.equal(['office']);
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    expect(other.transactions).to.have.length(1);
    expect(server.transactions).to.have.length(0);
    settings.change({});
    expect(isPermit(upstreams.enter('office', 1))).to.equal(false);
    await upstreams.close();
    expect(other.quits()).to.equal(1);
    await other.close();
  });

  it('turn a fault of ours into a wait, and log it', async () => {
    const { upstreams, log } = await startUpstream();
    const broken = {
      size: 5,
      chunks: () => {
        throw new Error('the store broke');
      },
    };
    const { outcome } = await deliver(upstreams, message({ body: broken }), to('a@x.test', 'b@x.test'));
    expect(summary(outcome)).to.equal('deferred busy, deferred busy');
    expect(log.text()).to.contain('A fault in Postern').and.to.contain('the store broke');
  });

  it('never send a part of a body for the whole', async () => {
    const { upstreams, server } = await startUpstream();
    const short = { ...bodyOf('Subject: x\r\n\r\nhalf\r\n'), size: 1000 };
    const { outcome } = await deliver(upstreams, message({ body: short }));
    expect(summary(outcome)).to.equal('deferred busy');
    expect(server.transactions).to.have.length(0);
  });
});

describe('the fallback of an upstream', () => {
  afterEach(closeAll);

  it('takes the message that found the upstream out of order, and those behind it', async () => {
    const { upstreams, first, other, end } = await startPair({
      mail: { reply: '530 5.7.57 Client not authenticated' },
    });
    const reason =
      'office is paused: 127.0.0.1 wants Postern to sign in first. It said: 530 5.7.57 Client not authenticated';
    for (let count = 0; count < 2; count += 1) {
      const attempt = await deliver(upstreams);
      expect(summary(attempt.outcome)).to.equal('delivered');
      expect(attempt).to.deep.include({ upstream: 'second', fallbackFrom: { upstream: 'office', reason } });
    }
    expect(first.connections()).to.equal(1);
    expect(other.transactions).to.have.length(2);
    expect(upstreams.status()[0]?.circuit).to.equal('open');
    await end();
  });

  it('does not take a message that Postern itself let go of', async () => {
    const { upstreams, other, end } = await startPair({ banner: { silent: true } });
    const stop = new AbortController();
    const attempt = deliver(upstreams, message(), to('a@x.test'), stop.signal);
    setTimeout(() => stop.abort(), 20);
    expect(summary((await attempt).outcome)).to.equal('deferred busy');
    expect(other.connections()).to.equal(0);
    await end();
  });

  it('takes recipients for whom the upstream has reached a limit', async () => {
    const { upstreams, end } = await startPair({
      rcpt: { reply: '550 5.7.233 tenant exceeded its daily limit for external recipients' },
    });
    const attempt = await deliver(upstreams, message(), to('a@x.test', 'b@x.test'));
    expect(summary(attempt.outcome)).to.equal('delivered, delivered');
    expect(attempt.fallbackFrom?.reason).to.match(
      /^office has reached its limit for these recipients: 550 5\.7\.233/,
    );
    await end();
  });

  it('does not take a message that another recipient has already got', async () => {
    const { upstreams, other, end } = await startPair({
      rcpt: ({ line }: { line: string }) =>
        line.includes('b@') ? { reply: '550 5.7.233 external recipients' } : undefined,
    });
    const attempt = await deliver(upstreams, message(), to('a@x.test', 'b@x.test'));
    expect(summary(attempt.outcome)).to.equal('delivered, deferred quota');
    expect(other.transactions).to.have.length(0);
    await end();
  });

  it('steps in when the limit of the day is used up', async () => {
    const { upstreams, other, end } = await startPair({}, { recipientsPerDay: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await deliver(upstreams)).upstream).to.equal('office');
    const { upstream, fallbackFrom } = await deliver(upstreams);
    expect(upstream).to.equal('second');
    expect(fallbackFrom?.reason).to.equal('office has reached its limit of recipients within 24 hours.');
    expect(other.transactions).to.have.length(1);
    await end();
  });

  it('does not step in where the upstream only asks for patience', async () => {
    const { upstreams, end } = await startPair({ banner: { reply: '451 4.7.500 Server busy' } });
    await deliver(upstreams);
    const wait = upstreams.enter('office', 1);
    expect(isPermit(wait) ? undefined : wait.reason).to.equal('throttled');
    await end();
  });

  it('takes what is too large for the upstream', async () => {
    const { upstreams, first, end } = await startPair({}, { extensions: ['SIZE 10'] });
    const attempt = await deliver(upstreams);
    expect(summary(attempt.outcome)).to.equal('delivered');
    expect(attempt).to.deep.include({
      upstream: 'second',
      fallbackFrom: {
        upstream: 'office',
        reason:
          'The message is too large for office: 552 5.3.4 the message has 55 bytes, and the upstream takes at most 10',
      },
    });
    expect(first.transactions).to.have.length(0);
    await end();
  });

  it('is waited for when it has no room for what is too large', async () => {
    const { upstreams, end } = await startPair({}, { extensions: ['SIZE 10'] });
    const all = Array.from({ length: 10 }, () => upstreams.enter('second', 1));
    expect(summary((await deliver(upstreams)).outcome)).to.equal('deferred busy');
    for (const permit of all) if (isPermit(permit)) permit.release();
    await end();
  });
});

describe('the sender policy of an upstream', () => {
  afterEach(closeAll);

  const refuseOthers = {
    script: {
      mail: ({ line }: { line: string }) =>
        line.includes('<relay@example.com>') ? undefined : { reply: DENIED },
    },
  };

  it('sends as the upstream’s address from the start when always', async () => {
    const { upstreams, server } = await startUpstream({}, from('always'));
    const attempt = await deliver(upstreams);
    expect(attempt.rewrittenSender).to.equal('relay@example.com');
    expect(server.transactions[0]?.mail).to.contain('<relay@example.com>');
    const body = server.transactions[0]?.body.toString() ?? '';
    expect(body)
      .to.match(/From: <?relay@example\.com>?\r\n/)
      .and.to.match(/Reply-To: .*scanner@example\.com/)
      .and.to.match(/\r\n\r\nHello\.\r\n$/);
    expect(server.transactions[0]?.mail).to.match(new RegExp(` SIZE=${body.length}`));
  });

  it('sends as the client’s address where the client has one', async () => {
    const { upstreams, server, settings } = await startUpstream();
    settings.change({
      upstreams: [smtpUpstream(server.port)],
      clients: [{ name: 'this machine', networks: ['::1'], rewriteSender: 'floor2@example.com' }],
    });
    const attempt = await deliver(upstreams);
    expect(attempt.rewrittenSender).to.equal('floor2@example.com');
    expect(server.transactions[0]?.mail).to.contain('<floor2@example.com>');
  });

  it('tries once more as the upstream’s address when the sender is refused', async () => {
    const { upstreams, server } = await startUpstream(refuseOthers, from('if-refused'));
    const attempt = await deliver(upstreams, message(), to('a@x.test', 'b@x.test'));
    expect(summary(attempt.outcome)).to.equal('delivered, delivered');
    expect(attempt.rewrittenSender).to.equal('relay@example.com');
    expect(server.transactions).to.have.length(1);
  });

  it('tries again only for the recipients that were refused for the sender', async () => {
    const { upstreams, server } = await startUpstream(
      { script: { rcpt: refuseSenderOfB } },
      from('if-refused'),
    );
    const { outcome } = await deliver(upstreams, message(), to('a@x.test', 'b@x.test', 'c@x.test'));
    expect(summary(outcome)).to.equal('delivered, delivered, rejected recipient');
    expect(server.transactions.map(({ recipients }) => recipients)).to.deep.equal([
      ['RCPT TO:<a@x.test>'],
      ['RCPT TO:<b@x.test>'],
    ]);
  });

  it('tries no third time', async () => {
    const { upstreams, server } = await startUpstream(
      { script: { mail: { reply: DENIED } } },
      from('if-refused'),
    );
    expect(summary((await deliver(upstreams)).outcome)).to.equal('rejected sender');
    expect(server.lines.filter((line) => line.startsWith('MAIL'))).to.have.length(2);
  });

  it('leaves reports of our own alone', async () => {
    const { upstreams, server } = await startUpstream({}, from('always'));
    const attempt = await deliver(upstreams, message({ own: true, sender: '' }));
    expect(attempt).not.to.have.property('rewrittenSender');
    expect(server.transactions[0]?.mail).to.contain('<>');
    expect(server.transactions[0]?.body.toString()).to.contain('From: <scanner@example.com>');
  });

  it('logs a refused client and sender once', async () => {
    const { upstreams, log } = await startUpstream(refuseOthers, from('never'));
    for (let count = 0; count < 3; count += 1)
      expect(summary((await deliver(upstreams)).outcome)).to.equal('rejected sender');
    await deliver(upstreams, message({ sender: 'other@example.com' }));
    expect(log.lines.filter((line) => line.includes('does not let Postern send'))).to.have.length(2);
  });
});
