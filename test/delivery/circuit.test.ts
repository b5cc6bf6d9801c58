import { expect } from 'chai';
import { createCircuit } from '../../src/delivery/circuit.ts';
import type { Unavailable, UnavailableReason } from '../../src/delivery/outcome.ts';
import { ManualClock } from '../support/manual-clock.ts';

const random = { fraction: () => 0, bytes: (length: number) => Buffer.alloc(length) };

function start(cheap = false) {
  const clock = new ManualClock();
  const changes: string[] = [];
  const circuit = createCircuit({
    clock,
    random,
    cheapSignIn: () => cheap,
    onChange: (view, previous) => changes.push(`${previous}>${view.state}`),
  });
  return { clock, changes, circuit };
}

const cause = (reason: UnavailableReason, retryAfter?: number): Unavailable => ({
  kind: 'unavailable',
  reason,
  text: 'because',
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

describe('a circuit', () => {
  const table: readonly (readonly [UnavailableReason, readonly number[]])[] = [
    ['unreachable', [5, 10, 20, 40, 80, 160, 300, 300]],
    ['authentication', [60, 120, 240, 480, 900, 900]],
    ['configuration', [60, 120, 240, 480, 900, 900]],
    ['quota', [3600, 3600]],
    ['throttled', [10, 10]],
  ];
  for (const [reason, seconds] of table) {
    it(`pauses ${seconds.join(', ')} s when ${reason}`, () => {
      const { clock, circuit } = start();
      for (const pause of seconds) {
        circuit.failed(circuit.begin(), cause(reason));
        expect(circuit.obstacle()).to.deep.equal({ wait: pause * 1000, reason });
        clock.advance(pause * 1000 - 1);
        expect(circuit.obstacle()).to.deep.equal({ wait: 1, reason });
        clock.advance(1);
        expect(circuit.obstacle()).to.equal(undefined);
      }
    });
  }

  for (const reason of ['authentication', 'configuration'] as const) {
    it(`pauses for less than a minute when ${reason}, where signing in is cheap`, () => {
      const { clock, circuit } = start(true);
      for (const pause of [15, 30, 45, 45]) {
        circuit.failed(circuit.begin(), cause(reason));
        expect(circuit.obstacle()?.wait).to.equal(pause * 1000);
        clock.advance(pause * 1000);
      }
      circuit.failed(circuit.begin(), cause(reason, 3_600_000));
      expect(circuit.obstacle()?.wait).to.equal(45_000);
    });
  }

  it('pauses as long as the upstream asked for', () => {
    const { circuit } = start();
    circuit.failed(circuit.begin(), cause('quota', 1234));
    expect(circuit.obstacle()?.wait).to.equal(1234);
  });

  it('pauses longer than it was asked for when the same short moment is asked for again and again', () => {
    const { clock, circuit } = start();
    const pauses = Array.from({ length: 8 }, () => {
      circuit.failed(circuit.begin(), cause('throttled', 2000));
      const wait = circuit.obstacle()?.wait ?? 0;
      clock.advance(wait);
      return wait / 1000;
    });
    expect(pauses).to.deep.equal([2, 2, 4, 8, 16, 32, 60, 60]);
    circuit.failed(circuit.begin(), cause('throttled', 300_000));
    expect(circuit.obstacle()?.wait).to.equal(300_000);
  });

  it('adds jitter, and never comes early', () => {
    const clock = new ManualClock();
    const circuit = createCircuit({
      clock,
      random: { ...random, fraction: () => 0.999 },
      onChange: () => undefined,
    });
    circuit.failed(circuit.begin(), cause('unreachable'));
    expect(circuit.obstacle()?.wait).to.be.within(5400, 5500);
  });

  it('lets one attempt try at a time, and closes when it works', () => {
    const { clock, changes, circuit } = start();
    circuit.failed(circuit.begin(), cause('unreachable'));
    clock.advance(5000);
    const probe = circuit.begin();
    expect(circuit.obstacle()).to.deep.equal({ wait: Number.POSITIVE_INFINITY, reason: 'unreachable' });
    circuit.worked(probe);
    expect(circuit.obstacle()).to.equal(undefined);
    expect(changes).to.deep.equal(['closed>open', 'open>half-open', 'half-open>closed']);
    expect(circuit.view()).to.deep.equal({ state: 'closed' });
  });

  it('does not listen to attempts that began before it opened', () => {
    const { circuit } = start();
    const early = circuit.begin();
    const late = circuit.begin();
    circuit.failed(circuit.begin(), cause('unreachable'));
    circuit.worked(early);
    circuit.failed(late, cause('unreachable'));
    expect(circuit.obstacle()?.wait).to.equal(5000);
  });

  it('lets another attempt try when the first ended without word', () => {
    const { clock, circuit } = start();
    circuit.failed(circuit.begin(), cause('unreachable'));
    clock.advance(5000);
    circuit.abandoned(circuit.begin());
    expect(circuit.obstacle()).to.equal(undefined);
    expect(circuit.view().state).to.equal('open');
  });

  it('tries at once when told to, and starts the pauses anew', () => {
    const { clock, circuit } = start();
    for (let count = 0; count < 4; count += 1) {
      circuit.failed(circuit.begin(), cause('authentication'));
      clock.advance(3_600_000);
    }
    circuit.failed(circuit.begin(), cause('authentication'));
    circuit.probeNow();
    expect(circuit.obstacle()).to.equal(undefined);
    circuit.failed(circuit.begin(), cause('authentication'));
    expect(circuit.obstacle()?.wait).to.equal(60_000);
  });

  it('keeps since when it opened, over all tries', () => {
    const { clock, circuit } = start();
    const since = clock.now();
    circuit.failed(circuit.begin(), cause('unreachable'));
    clock.advance(5000);
    circuit.failed(circuit.begin(), cause('authentication'));
    expect(circuit.view()).to.include({ state: 'open', since, nextProbeAt: clock.now() + 60_000 });
  });
});
