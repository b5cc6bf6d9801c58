import { connect } from 'node:net';
import { expect } from 'chai';
import { startDelayProxy } from '../../scripts/bench/delay-proxy.ts';
import { runLoad } from '../../scripts/bench/load.ts';
import { usageOfTree } from '../../scripts/bench/process-tree.ts';
import { freePort, greeted, run, startChild } from '../../scripts/bench/processes.ts';
import { describeScenario, median } from '../../scripts/bench/report.ts';
import { SCENARIOS } from '../../scripts/bench/scenarios.ts';
import { startSink } from '../../scripts/bench/sink.ts';
import { eventually } from '../support/eventually.ts';

const measured = (subject: 'postern' | 'postfix', rate: number) => ({
  subject,
  rate,
  acceptRate: rate,
  cpuPerMessage: 100,
  peakRss: 1e8,
});

describe('bench', () => {
  for (const perConnection of ['one', 'many'] as const) {
    it(`sends every message once and counts it in the sink, ${perConnection} per connection`, async () => {
      const seen: number[] = [];
      const sink = await startSink({ onMessage: (number) => seen.push(number) });
      const accepted: number[] = [];
      const result = await runLoad({
        port: sink.port,
        senders: 5,
        messages: 60,
        size: 9000,
        perConnection,
        first: 100,
        onAccepted: (number) => accepted.push(number),
      });
      expect(result).to.include({ accepted: 60, failed: 0 });
      const numbers = Array.from({ length: 60 }, (_, index) => 100 + index);
      expect(seen).to.have.members(numbers);
      expect(accepted).to.have.members(numbers);
      expect(sink.connections()).to.equal(perConnection === 'one' ? 60 : 5);
      await sink.close();
    });
  }

  it('takes a message in the sink wherever its bytes are split', async () => {
    const seen: number[] = [];
    const sink = await startSink({ onMessage: (number) => seen.push(number) });
    const transcript =
      'EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nX-Load-Number: 7\r\n\r\n..\r\n.\r\n';
    const socket = connect(sink.port, '127.0.0.1').setNoDelay(true);
    let replies = '';
    socket.on('data', (bytes) => {
      replies += bytes.toString();
    });
    for (const byte of transcript) await new Promise<void>((resolve) => socket.write(byte, () => resolve()));
    await eventually(() => seen.length === 1);
    socket.write(transcript + transcript);
    await eventually(() => seen.length === 3);
    socket.end('QUIT\r\n');
    await eventually(() => replies.includes('221 '));
    expect(seen).to.deep.equal([7, 7, 7]);
    await sink.close();
  });

  it('goes on after a server that has gone, when told to', async () => {
    const port = await freePort();
    const stop = new AbortController();
    const load = runLoad({
      port,
      senders: 2,
      messages: 1_000_000,
      size: 500,
      perConnection: 'many',
      goOn: true,
      signal: stop.signal,
    });
    const sink = await startSink({ port });
    await eventually(() => sink.count() > 10);
    await sink.close();
    const again = await startSink({ port });
    await eventually(() => again.count() > 10);
    stop.abort();
    const result = await load;
    expect(result.failed).to.be.greaterThan(0);
    expect(result.accepted).to.be.within(again.count(), again.count() + sink.count());
    await again.close();
  });

  it('keeps a server at the distance asked for', async () => {
    const sink = await startSink();
    const proxy = await startDelayProxy(sink.port, 60);
    const { startedAt, endedAt } = await runLoad({
      port: proxy.port,
      senders: 1,
      messages: 2,
      size: 500,
      perConnection: 'many',
    });
    // Greeting, EHLO and four exchanges for each of two messages.
    expect(endedAt - startedAt).to.be.within(10 * 60 - 20, 10 * 60 + 400);
    expect(sink.count()).to.equal(2);
    await proxy.close();
    await sink.close();
  });

  it('says why a program failed, and ends the programs that it started', async () => {
    const failure = await run(process.execPath, ['-e', 'console.error("because"); process.exit(3)']).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    expect(failure).to.contain('ended with 3: because');
    const child = startChild([
      process.execPath,
      '-e',
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)',
    ]);
    expect(usageOfTree(child.pid).rss).to.be.greaterThan(0);
    await child.stop(50);
    expect(child.alive()).to.equal(false);
    await greeted(await freePort(), 50).then(
      () => expect.fail('nothing is there'),
      () => undefined,
    );
  });

  it('reports medians and the ratio', () => {
    expect(median([5, 1, 3])).to.equal(3);
    expect(median([1, 2, 3, 10])).to.equal(2.5);
    const [scenario = expect.fail('no scenario')] = SCENARIOS;
    const runs = [
      measured('postern', 300),
      measured('postfix', 100),
      measured('postern', 900),
      measured('postern', 310),
    ];
    const lines = describeScenario({ scenario, messages: 10, runs, syncs: { postern: 0.25 } });
    expect(lines.join('\n')).to.contain('0.250').and.contain('300 900 310');
    expect(lines.at(-1)).to.equal('Postern / Postfix: 3.10');
  });
});
