import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Script, ServerStep } from '../support/scripted-smtp-server.ts';
import { closeAll, deliver, startUpstream, summary } from './support.ts';

const MEGABYTE = Buffer.alloc(1 << 20, 'x');

const startHasty = () => startUpstream({}, { timeout: { connect: '50ms', command: '50ms', data: '50ms' } });

describe('a hostile upstream', () => {
  afterEach(closeAll);

  const scripts: readonly (readonly [name: string, script: Script, expected: RegExp])[] = [
    ['a banner without end', { banner: { reply: '220-hello', forever: true } }, /unavailable unreachable/],
    [
      'a banner line without end',
      { banner: { reply: Buffer.from('220 xxxxxxxx'), forever: true } },
      /unavailable unreachable/,
    ],
    [
      'empty lines without end',
      { banner: { reply: Buffer.alloc(60_000, '\r\n'), forever: true } },
      /unavailable unreachable/,
    ],
    [
      'an EHLO reply of many megabytes',
      { ehlo: { reply: Buffer.concat(Array(8).fill(MEGABYTE)) } },
      /unavailable unreachable/,
    ],
    [
      'EHLO lines without end',
      { ehlo: { reply: '250-X-EXTENSION', forever: true } },
      /unavailable unreachable/,
    ],
    ['a long line at MAIL', { mail: { reply: `550 ${'long '.repeat(10_000)}` } }, /rejected sender/],
    ['a line of a megabyte at MAIL', { mail: { reply: MEGABYTE } }, /deferred busy/],
    ['replies without end at RCPT', { rcpt: { reply: '250-ok', forever: true } }, /deferred busy/],
    [
      'empty lines without end at DATA',
      { data: { reply: Buffer.alloc(60_000, '\r\n'), forever: true } },
      /deferred busy/,
    ],
    ['a final reply without end', { final: { reply: '250-ok', forever: true } }, /deferred in-doubt/],
    ['garbage for a banner', { banner: { reply: 'SSH-2.0-OpenSSH_9.9' } }, /unavailable/],
    ['garbage at EHLO', { ehlo: { reply: '\u0001\u0002\u0003' } }, /unavailable|delivered/],
    ['garbage at MAIL', { mail: { reply: 'hello' } }, /deferred busy/],
    ['garbage at the end', { final: { reply: 'hello' } }, /deferred in-doubt/],
    ['NUL bytes at MAIL', { mail: { reply: '550 \u0000\u0000no\u0000' } }, /rejected sender/],
    ['250 to DATA', { data: { reply: '250 ok' } }, /deferred busy/],
    ['354 at the end', { final: { reply: '354 more please' } }, /deferred in-doubt/],
    [
      'success before the message was sent',
      { data: { reply: '354 go\r\n250 2.0.0 taken already' } },
      /deferred busy/,
    ],
    ['a refusal and silence', { data: { reply: '354 go\r\n554 5.7.1 no' } }, /rejected content/],
    [
      'all replies before the questions',
      { ehlo: { reply: '250-x\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 c\r\n250 d' } },
      /unavailable|deferred/,
    ],
    ['a code of its own', { mail: { reply: '999 what' } }, /deferred busy/],
    ['421 at RCPT', { rcpt: { reply: '421 4.3.2 closing', cut: 'after' } }, /deferred busy/],
  ];
  for (const [name, script, expected] of scripts) {
    it(`is survived: ${name}`, async () => {
      const { upstreams } = await startUpstream({ script });
      const before = process.memoryUsage().rss;
      const { outcome } = await deliver(upstreams);
      expect(summary(outcome)).to.match(expected);
      expect(process.memoryUsage().rss - before).to.be.below(100 << 20);
      const texts =
        outcome.kind === 'unavailable' ? [outcome.text] : outcome.recipients.map(({ reply }) => reply.text);
      for (const text of texts) {
        expect(text).not.to.match(/\p{Cc}/u);
        expect(text.length).to.be.below(1500);
      }
    });
  }

  for (const step of ['banner', 'ehlo', 'mail', 'data', 'final'] as const) {
    it(`does not hold us longer than the time-outs allow: silent at ${step}`, async () => {
      const { upstreams } = await startUpstream(
        { extensions: [], script: { [step]: { silent: true } } },
        { timeout: { connect: '60ms', command: '60ms', data: '60ms' } },
      );
      const started = performance.now();
      const { outcome } = await deliver(upstreams);
      const expected =
        step === 'final'
          ? 'deferred in-doubt'
          : step === 'mail' || step === 'data'
            ? 'deferred busy'
            : 'unavailable unreachable';
      expect(summary(outcome)).to.equal(expected);
      expect(performance.now() - started).to.be.below(1000);
      expect(JSON.stringify(outcome)).to.match(/in time|within 0\.06 s/);
    });
  }

  it('always gets an outcome, whatever bytes it answers', async () => {
    let started = await startHasty();
    const steps: readonly ServerStep[] = ['banner', 'ehlo', 'mail', 'rcpt', 'data', 'final'];
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc
        .tuple(
          fc.integer({ min: 0, max: 999 }),
          fc.constantFrom(' ', '-', ''),
          fc.string({ maxLength: 60, unit: 'binary' }),
        )
        .map(([code, separator, text]) => Buffer.from(`${code}${separator}${text}\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...steps), bytes, async (step, reply) => {
        const attempt = () => {
          const { upstreams, server } = started;
          server.setScript({ [step]: { reply, cut: 'after' } });
          server.cutAll();
          upstreams.probeNow();
          return deliver(upstreams);
        };
        const { outcome } = await attempt().catch(async (error: unknown) => {
          // One that has complained about connections is let alone for a while.
          if (!/^Error: no permit: .*"slots"/.test(String(error))) throw error;
          started = await startHasty();
          return attempt();
        });
        expect(outcome.kind).to.be.oneOf(['answered', 'unavailable']);
        if (outcome.kind === 'answered') expect(outcome.recipients).to.have.length(1);
        expect(started.log.text()).not.to.contain('A fault in Postern');
      }),
      { numRuns: 100 },
    );
  });
});
