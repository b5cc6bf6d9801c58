import { expect } from 'chai';
import { createMetrics } from '../../src/observe/metrics.ts';

describe('metrics', () => {
  it('counts, sets, reads and observes in the text format of Prometheus', async () => {
    const { meter, text } = createMetrics({ processMetrics: false });
    const counter = meter.counter('postern_messages_total', 'Messages.', ['client', 'result']);
    counter.add(1, 'a', 'ok');
    counter.add(2, 'a', 'ok');
    counter.add(1, 'b"\\\n', 'ok');
    meter.counter('postern_restarts_total', 'Restarts.');
    meter.gauge('postern_queue_bytes', 'Bytes.').from(() => 42);
    meter.gauge('postern_lanes', 'Lanes.', ['state']).from(() => [{ labels: ['full'], value: 3 }]);
    meter.histogram('postern_commit_seconds', 'Commits.', [0.1, 1], ['kind']).observe(0.5, 'accept');
    const lines = (await text()).split('\n');
    expect(lines).to.include('postern_messages_total{client="a",result="ok"} 3');
    expect(lines).to.include('postern_messages_total{client="b\\"\\\\\\n",result="ok"} 1');
    expect(lines).to.include('postern_restarts_total 0');
    expect(lines).to.include('postern_queue_bytes 42');
    expect(lines).to.include('postern_lanes{state="full"} 3');
    expect(lines).to.include('postern_commit_seconds_bucket{le="0.1",kind="accept"} 0');
    expect(lines).to.include('postern_commit_seconds_bucket{le="1",kind="accept"} 1');
    // Read twice, nothing counts twice.
    expect(await text()).to.contain('postern_messages_total{client="a",result="ok"} 3');
  });

  it('gives two rooms that ask for one metric the same one', async () => {
    const { meter, text } = createMetrics({ processMetrics: false });
    meter.counter('postern_x_total', 'X.', ['a']).add(1, 'v');
    meter.counter('postern_x_total', 'X.', ['a']).add(1, 'v');
    expect(await text()).to.contain('postern_x_total{a="v"} 2');
    expect(() => meter.counter('postern_x_total', 'X.', ['b'])).to.throw('declared twice');
    expect(() => meter.gauge('postern_x_total', 'X.', ['a'])).to.throw('declared twice');
  });

  it('counts together what would be too many label values, so that no client fills the memory', async () => {
    const { meter, text } = createMetrics({ processMetrics: false });
    const counter = meter.counter('postern_x_total', 'X.', ['client']);
    const histogram = meter.histogram('postern_x_seconds', 'X.', [1], ['client']);
    for (let index = 0; index < 3000; index += 1) {
      counter.add(1, `client ${index}`);
      histogram.observe(1, `client ${index}`);
    }
    const shown = await text();
    expect(shown.split('\n').filter((line) => line.startsWith('postern_x_total{'))).to.have.length(1001);
    expect(shown).to.contain('postern_x_total{client="other"} 2000');
    expect(shown).to.contain('postern_x_seconds_count{client="other"} 2000');
  });

  it('describes every metric, and takes no name without prefix or unit', () => {
    const { meter, describe: described } = createMetrics({ processMetrics: false });
    meter.counter('postern_b_total', 'B.', ['x']);
    meter.gauge('postern_a', 'A.');
    expect(described()).to.deep.equal([
      { name: 'postern_a', help: 'A.', type: 'gauge', labels: [] },
      { name: 'postern_b_total', help: 'B.', type: 'counter', labels: ['x'] },
    ]);
    expect(() => meter.counter('postern_messages', 'X.')).to.throw('postern_messages');
    expect(() => meter.histogram('postern_time', 'X.', [1])).to.throw('postern_time');
    expect(() => meter.gauge('queue', 'X.')).to.throw('queue');
  });

  it('knows the process and the delay of its event loop', async () => {
    const { text } = createMetrics({ processMetrics: true });
    expect(await text())
      .to.contain('process_resident_memory_bytes')
      .and.contain('nodejs_eventloop_lag_p99_seconds');
  });
});
