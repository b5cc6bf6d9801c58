import { expect } from 'chai';
import * as fc from 'fast-check';
import { base64Body, base64Length } from '../../../src/delivery/transports/api/base64-body.ts';
import { guardedBody, newProgress } from '../../../src/delivery/transports/api/body-progress.ts';
import { createGate } from '../../../src/delivery/transports/api/gate.ts';
import { createMemory } from '../../../src/delivery/transports/api/memory.ts';
import { createRequestWindow } from '../../../src/delivery/transports/api/request-window.ts';
import { inPieces } from '../../../src/delivery/transports/graph/part-bytes.ts';
import { parseRetryAfter, retryAfterInText } from '../../../src/shared/retry-after.ts';
import { ManualClock } from '../../support/manual-clock.ts';

async function* stream(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield piece;
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const list: Buffer[] = [];
  for await (const piece of pieces) list.push(piece);
  return list;
}

const cutBytes = fc.array(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 10 },
);

describe('base64 as a stream', () => {
  it('is the same at every split, and as long as was announced', async () => {
    await fc.assert(
      fc.asyncProperty(cutBytes, async (pieces) => {
        const whole = Buffer.concat(pieces);
        const encoded = Buffer.concat(await collect(base64Body(stream(pieces), whole.length))).toString();
        expect(encoded).to.equal(whole.toString('base64'));
        expect(base64Length(whole.length)).to.equal(encoded.length);
      }),
    );
  });
});

describe('upload pieces', () => {
  it('all have the size that was asked for but the last', async () => {
    await fc.assert(
      fc.asyncProperty(cutBytes, fc.integer({ min: 1, max: 30 }), async (pieces, size) => {
        const cut = await collect(inPieces(stream(pieces), size));
        expect(Buffer.concat(cut).equals(Buffer.concat(pieces))).to.equal(true);
        expect(cut.slice(0, -1).every((piece) => piece.length === size)).to.equal(true);
        expect(cut.every((piece) => piece.length > 0 && piece.length <= size)).to.equal(true);
      }),
    );
  });
});

describe('the body of a request', () => {
  const pieces = [Buffer.from('ab'), Buffer.from('cd')];

  it('ends with its last piece only when the message is still ours', async () => {
    const progress = newProgress();
    const sent: Buffer[] = [];
    const body = guardedBody(stream(pieces), 4, progress, () => false);
    const failure = await (async () => {
      for await (const piece of body) sent.push(piece);
      return undefined;
    })().catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    expect(Buffer.concat(sent).toString()).to.equal('ab');
    expect(progress).to.deep.include({ begun: true, ended: false, letGo: true });
  });

  for (const size of [3, 5]) {
    it(`breaks off when it has not the ${size} bytes that were announced`, async () => {
      const progress = newProgress();
      const failure = await collect(guardedBody(stream(pieces), size, progress, undefined)).catch(
        (error: unknown) => error,
      );
      expect(failure).to.equal(progress.fault);
      expect(String(failure)).to.include(`4 bytes instead of ${size}`);
      expect(progress.ended).to.equal(false);
    });
  }
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-02T08:00:00Z');
  const rows: readonly [string | undefined, number | undefined][] = [
    ['30', 30_000],
    [' 7.5 ', 7500],
    ['Mon, 02 Nov 2026 08:05:00 GMT', 300_000],
    ['Monday, 02-Nov-26 08:05:00 GMT', 300_000],
    ['Mon, 02 Nov 2026 07:00:00 GMT', undefined],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 86_400_000],
    ['999999999', 86_400_000],
    ['0', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['2027', 2_027_000],
    ['soon', undefined],
    ['30, 60', undefined],
    ['', undefined],
    [undefined, undefined],
    ['9'.repeat(400), undefined],
    ['Mon, 99 Nov 2026 08:05:00 GMT', undefined],
  ];
  for (const [value, wait] of rows) {
    it(`of ${JSON.stringify(value)} is ${wait} ms`, () => expect(parseRetryAfter(value, now)).to.equal(wait));
  }

  it('is found in the words of Gmail', () => {
    const text = 'User-rate limit exceeded.  Retry after 2026-11-02T08:15:00.000Z';
    expect(retryAfterInText(text, now)).to.equal(900_000);
    expect(retryAfterInText('Retry after 2026-99-99T99:99:99Z', now)).to.equal(undefined);
    expect(retryAfterInText('Retry after lunch', now)).to.equal(undefined);
  });
});

describe('a window of requests', () => {
  it('never lets more go within its length than its limit, and does not wait for ever', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(40_000), fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: 60 }),
        (requests) => {
          const window = createRequestWindow(100, 60_000);
          const gone: { at: number; amount: number }[] = [];
          let now = 0;
          for (const [pause, amount] of requests) {
            now += pause;
            const wait = window.wait(now, amount);
            expect(wait).to.be.at.most(61_001);
            now += wait;
            expect(window.wait(now, amount)).to.equal(0);
            window.take(now, amount);
            gone.push({ at: now, amount });
            const within = gone.filter(({ at }) => at > now - 60_000);
            expect(within.reduce((sum, each) => sum + each.amount, 0)).to.be.at.most(100);
          }
        },
      ),
    );
  });

  it('lets one go that is over the limit on its own, when nothing else went', () => {
    const window = createRequestWindow(100, 60_000);
    expect(window.wait(0, 500)).to.equal(0);
    window.take(0, 500);
    const wait = window.wait(1, 500);
    expect(wait).to.be.within(60_000, 61_000);
    expect(window.wait(1 + wait, 500)).to.equal(0);
  });
});

describe('a gate', () => {
  it('lets so many in, and the others in their order', async () => {
    const gate = createGate(2);
    const { signal } = new AbortController();
    const entered: number[] = [];
    for (let index = 0; index < 4; index += 1) void gate.enter(signal).then(() => entered.push(index));
    await Promise.resolve();
    expect([entered, gate.inside()]).to.deep.equal([[0, 1], 2]);
    gate.leave();
    await Promise.resolve();
    expect(entered).to.deep.equal([0, 1, 2]);
    for (let index = 0; index < 3; index += 1) gate.leave();
    expect([gate.inside(), gate.idle()]).to.deep.equal([0, true]);
  });

  it('is left by who does not want to wait any more', async () => {
    const gate = createGate(1);
    const stop = new AbortController();
    await gate.enter(stop.signal);
    const waiting = gate.enter(stop.signal);
    stop.abort();
    expect(await waiting).to.equal(false);
    expect(await gate.enter(stop.signal)).to.equal(false);
    gate.leave();
    expect(gate.idle()).to.equal(true);
  });
});

describe('a memory', () => {
  it('forgets after a while, and the oldest when it is full', () => {
    const clock = new ManualClock();
    const memory = createMemory<number>(clock, 1000, 2);
    memory.remember('a', 1);
    memory.remember('b', 2);
    memory.remember('c', 3);
    expect([memory.recall('a'), memory.recall('b'), memory.recall('c')]).to.deep.equal([undefined, 2, 3]);
    clock.advance(1000);
    expect(memory.recall('c')).to.equal(undefined);
  });
});
