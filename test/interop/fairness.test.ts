import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runLoad } from '../../scripts/bench/load.ts';
import { relaySettings, startPostern } from '../../scripts/bench/postern.ts';
import { startSink } from '../../scripts/bench/sink.ts';
import { eventually } from '../support/eventually.ts';
import { SmtpClient } from '../support/smtp-client.ts';

/** Two connections of which each takes a message in 40 ms: 50 messages a second. */
const CONNECTIONS = 2;
const PAUSE = 40;
const FLOOD = 10_000;
/** Messages of the quiet client, one after another. */
const PROBES = 10;
const FIRST_PROBE = 1_000_000;

describe('a client that sends very much', function () {
  this.timeout(120_000);

  it(`delays nobody else: with ${FLOOD} messages of X waiting on an upstream that takes 50 a second, Y’s take less than 2 s`, async () => {
    const arrivedAt = new Map<number, number>();
    const sink = await startSink({
      pause: PAUSE,
      onMessage: (number) => arrivedAt.set(number, performance.now()),
    });
    const directory = await mkdtemp(join(tmpdir(), 'postern-fairness-'));
    const postern = await startPostern({
      directory,
      settings: (port) => ({
        ...relaySettings(sink.port, CONNECTIONS)(port),
        clients: [
          { name: 'X', networks: ['127.0.0.1'] },
          { name: 'Y', networks: ['127.0.0.2'] },
        ],
      }),
    });
    try {
      await runLoad({
        port: postern.port,
        senders: 20,
        messages: FLOOD,
        size: 2000,
        perConnection: 'many',
      });
      const backlog = FLOOD - arrivedAt.size;
      expect(backlog, 'messages of X that wait').to.be.greaterThan(FLOOD * 0.8);
      const startedAt = performance.now();
      const before = arrivedAt.size;
      const delays: number[] = [];
      for (let number = FIRST_PROBE; number < FIRST_PROBE + PROBES; number += 1) {
        const client = await SmtpClient.ready(postern.port, { localAddress: '127.0.0.2' });
        const content = `Subject: one\r\nX-Load-Number: ${number}\r\n\r\nshort`;
        const { code } = await client.message('y@example.com', ['b@example.com'], content);
        expect(code).to.equal(250);
        client.socket.destroy();
        const acceptedAt = performance.now();
        await eventually(() => arrivedAt.has(number), 10_000, `the arrival of ${number}`);
        delays.push((arrivedAt.get(number) ?? Number.POSITIVE_INFINITY) - acceptedAt);
      }
      const pace = ((arrivedAt.size - before) * 1000) / (performance.now() - startedAt);
      console.log(
        `      ${backlog} of X waiting, ${pace.toFixed(0)} messages a second; Y waited ${delays.map((delay) => delay.toFixed(0)).join(', ')} ms`,
      );
      expect(Math.max(...delays)).to.be.lessThan(2000);
      expect(pace, 'the upstream is as slow as meant').to.be.lessThan(55);
    } finally {
      await postern.kill();
      await sink.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
