import { expect } from 'chai';
import { runLoad } from '../../scripts/bench/load.ts';
import type { StoreFault } from '../../src/store/faults.ts';
import { openLedger } from '../interop/ledger.ts';
import { type Relay, relaySettings, startRelay } from '../support/relay.ts';
import { until } from '../support/until.ts';

/** A disk that fails while mail comes in and goes out: what is said to senders, and what becomes of what was taken. */
describe('a relay whose disk fails', () => {
  const replies: Readonly<Record<StoreFault, RegExp>> = {
    sync: /unexpected reply: 451 4\.3\.0 /,
    full: /unexpected reply: 45[12] 4\.3\.[01] /,
    crash: /unexpected reply: 451 4\.3\.0 /,
  };

  for (const fault of ['sync', 'full', 'crash'] as const) {
    it(`answers 4xx for what is not kept, delivers all that is, and works again by itself (${fault})`, async () => {
      const ledger = await openLedger({ pause: 5 });
      let failing = false;
      let failed = 0;
      const next = (): StoreFault | undefined => {
        if (!failing) return undefined;
        failed += 1;
        return fault;
      };
      const relay: Relay = await startRelay(forwarding(ledger.sink.port), {}, { next });
      const stop = new AbortController();
      try {
        const refusals: string[] = [];
        let acceptedWhileFailing = 0;
        let acceptedAfter = 0;
        const load = runLoad({
          port: relay.port(),
          senders: 5,
          messages: 100_000,
          size: 2000,
          perConnection: 'many',
          goOn: true,
          signal: stop.signal,
          onAccepted(number) {
            ledger.accepted(number);
            if (failing && failed > 0) acceptedWhileFailing += 1;
            if (!failing && failed > 0) acceptedAfter += 1;
          },
          onFailed: (_number, reason) => refusals.push(reason),
        });
        await until(() => ledger.acceptedCount > 20, 'mail before the fault');
        failing = true;
        await until(() => failed >= 3 && refusals.length >= 10, 'refusals');
        failing = false;
        await until(() => acceptedAfter > 20, 'mail after the fault');
        stop.abort();
        await load;
        for (const refusal of refusals) expect(refusal).to.match(replies[fault]);
        // A commit that had been done when the fault began may still be answered: one group at most.
        expect(acceptedWhileFailing).to.be.at.most(5);
        await until(() => ledger.missing().length === 0, 'everything that was taken arrives', 15_000);
        await until(() => relay.app.queue.status().inMemory === 0, 'everything is recorded');
        // What was delivered while it could not be recorded is recorded afterwards, not sent again. Where the store's
        // thread dies in the middle of it, nothing was kept of it either.
        expect(ledger.duplicates()).to.equal(0);
        const { messages } = await relay.app.queue.operations.list({ states: ['queued', 'failed'] }, 10);
        expect(messages).to.deep.equal([]);
      } finally {
        stop.abort();
        await relay.remove();
        await ledger.sink.close();
      }
    });
  }
});

function forwarding(port: number): Readonly<Record<string, unknown>> {
  const sink = { name: 'sink', kind: 'smtp', host: '127.0.0.1', port, security: 'none' };
  return relaySettings({ upstreams: [sink], defaultUpstream: 'sink' });
}
