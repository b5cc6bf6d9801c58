import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { type Caller, NOBODY } from '../../src/access/caller.ts';
import { ALL_PERMISSIONS } from '../../src/access/permissions.ts';
import type { Topic } from '../../src/admin/contract-overview.ts';
import { createEventHub, type EventHub } from '../../src/admin/events.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { startAdmin, TOKEN } from '../support/admin.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

const settled = () => new Promise(setImmediate);

/** Reads a stream as a page would, as long as nobody stops it. */
function reader(chunks: AsyncIterable<Uint8Array>) {
  const got: string[] = [];
  const state = { ended: false };
  void (async () => {
    for await (const chunk of chunks) got.push(Buffer.from(chunk).toString());
    state.ended = true;
  })();
  return { got, state };
}

const changed = (...topics: readonly Topic[]) => `event: changed\ndata: ${JSON.stringify({ topics })}\n\n`;

describe('event hub', () => {
  let clock: ManualClock;
  let hub: EventHub;
  const topics = new Set<Topic>(['messages', 'settings', 'devices']);
  const hello = { version: '1' };

  beforeEach(() => {
    clock = new ManualClock();
    hub = createEventHub({ clock });
  });

  async function pass(milliseconds: number): Promise<void> {
    clock.advance(milliseconds);
    await settled();
    await settled();
  }

  it('says hello, then what has changed, at most every half second', async () => {
    const { got } = reader(hub.subscribe({ hello, topics }).chunks);
    await settled();
    expect(got).to.deep.equal(['event: hello\ndata: {"version":"1"}\n\n']);
    for (let index = 0; index < 1000; index += 1) hub.publish('messages');
    hub.publish('devices');
    await pass(0);
    expect(got.slice(1)).to.deep.equal([changed('messages', 'devices')]);
    for (let index = 0; index < 1000; index += 1) hub.publish('settings');
    await pass(400);
    expect(got).to.have.lengthOf(2);
    await pass(100);
    expect(got.slice(2)).to.deep.equal([changed('settings')]);
    await pass(5000);
    expect(got).to.have.lengthOf(3);
  });

  it('gives one alone only a part of the places, and those again that were left', async () => {
    const greedy = Array.from({ length: 25 }, () => hub.subscribe({ who: 'user a', hello, topics }));
    expect(() => hub.subscribe({ who: 'user a', hello, topics })).to.throw('pages of yours listen');
    expect(hub.subscribers).to.equal(25);
    hub.subscribe({ who: 'user b', hello, topics });
    greedy[0]?.leave();
    hub.subscribe({ who: 'user a', hello, topics });
    expect(hub.subscribers).to.equal(26);
  });

  it('tells nobody of what they may not read', async () => {
    const { got } = reader(hub.subscribe({ hello, topics: new Set(['alerts']) }).chunks);
    hub.publish('access');
    await pass(1000);
    expect(got).to.have.lengthOf(1);
    hub.publish('alerts');
    await pass(1000);
    expect(got[1]).to.equal(changed('alerts'));
  });

  it('keeps the connection alive', async () => {
    const { got } = reader(hub.subscribe({ hello, topics }).chunks);
    await settled();
    await pass(15_000);
    await pass(15_000);
    expect(got.slice(1)).to.deep.equal([': still here\n\n', ': still here\n\n']);
  });

  it('announces everything every 15 s where other nodes may have changed it', async () => {
    const shared = createEventHub({ clock, severalNodes: () => true });
    const { got } = reader(shared.subscribe({ hello, topics }).chunks);
    await settled();
    await pass(15_000);
    expect(got.slice(1)).to.deep.equal([changed('messages', 'settings', 'devices')]);
  });

  it('asks again whether the caller may listen, and ends when not or when nobody can say', async () => {
    let allowed: ReadonlySet<Topic> | undefined = new Set<Topic>(['messages']);
    const first = reader(hub.subscribe({ hello, topics, recheck: async () => allowed }).chunks);
    const second = reader(
      hub.subscribe({ hello, topics, recheck: () => Promise.reject(new Error('no disk')) }).chunks,
    );
    await settled();
    await pass(25_000);
    expect([first.state.ended, second.state.ended, hub.subscribers]).to.deep.equal([false, true, 1]);
    hub.publish('settings');
    await pass(1000);
    expect(first.got.some((text) => text.includes('settings'))).to.equal(false);
    allowed = undefined;
    await pass(25_000);
    expect([first.state.ended, hub.subscribers]).to.deep.equal([true, 0]);
  });

  it('cuts off who does not read', async () => {
    const stream = hub.subscribe({ hello, topics });
    const iterator = stream.chunks[Symbol.asyncIterator]();
    await iterator.next();
    hub.publish('messages');
    await pass(29_000);
    expect(stream.cut.aborted).to.equal(false);
    await pass(2000);
    expect([stream.cut.aborted, hub.subscribers]).to.deep.equal([true, 0]);
  });

  it('takes a hundred, lets them go, and none once it is closed', async () => {
    const streams = Array.from({ length: 100 }, () => hub.subscribe({ hello, topics }));
    expect(() => hub.subscribe({ hello, topics })).to.throw('listen for changes already');
    streams[0]?.leave();
    const gone = new AbortController();
    const last = reader(hub.subscribe({ hello, topics, gone: gone.signal }).chunks);
    await settled();
    gone.abort();
    await settled();
    expect([last.state.ended, hub.subscribers]).to.deep.equal([true, 99]);
    const left = reader(streams[1]?.chunks ?? hub.subscribe({ hello, topics }).chunks);
    await settled();
    hub.close();
    await settled();
    expect([left.state.ended, hub.subscribers, streams[2]?.cut.aborted]).to.deep.equal([true, 0, true]);
    expect(() => hub.subscribe({ hello, topics })).to.throw('stopping');
    hub.publish('messages');
  });

  it('leaves no timer behind', async () => {
    const { state } = reader(hub.subscribe({ hello, topics, recheck: async () => topics }).chunks);
    await settled();
    hub.publish('messages');
    hub.close();
    await settled();
    expect(state.ended).to.equal(true);
    expect(clock.pending).to.equal(0);
  });
});

describe('GET /api/v1/events', () => {
  it('streams to whoever may see how it goes, and ends at once when the admin stops', async () => {
    const events = createEventHub({ clock: systemClock });
    const known: Caller = { ...NOBODY, permissions: new Set(ALL_PERMISSIONS) };
    const admin = await startAdmin({ events, callerNow: async () => known });
    try {
      const refused = await admin.request('/api/v1/events', { headers: { Authorization: 'Bearer wrong' } });
      expect(refused.status).to.equal(401);
      let text = '';
      const ended = Promise.withResolvers<void>();
      const request = httpRequest(`${admin.url}/api/v1/events`, {
        headers: { Authorization: `Bearer ${TOKEN}` },
      });
      request.once('response', (response) => {
        expect(response.headers['content-type']).to.equal('text/event-stream; charset=utf-8');
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.once('close', () => ended.resolve());
      });
      request.end();
      await until(() => text.includes('event: hello\ndata: {"version":"0.0.0"}'), 'hello');
      events.publish('access');
      await until(() => text.includes(changed('access')), 'a change');
      const before = performance.now();
      await admin.admin.stop();
      await ended.promise;
      expect(performance.now() - before).to.be.below(1000);
      expect(events.subscribers).to.equal(0);
    } finally {
      await admin.stop();
    }
  });

  it('lets go of a page that is closed', async () => {
    const events = createEventHub({ clock: systemClock });
    const admin = await startAdmin({ events });
    try {
      const request = httpRequest(`${admin.url}/api/v1/events`, {
        headers: { Authorization: `Bearer ${TOKEN}` },
      });
      request.on('error', () => undefined);
      request.end();
      await until(() => events.subscribers === 1, 'a subscriber');
      request.destroy();
      await until(() => events.subscribers === 0, 'nobody');
    } finally {
      await admin.stop();
    }
  });
});
