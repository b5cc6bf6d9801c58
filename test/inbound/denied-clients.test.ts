import { expect } from 'chai';
import type { DeniedClient, DeniedStorage } from '../../src/inbound/denied.ts';
import { createDeniedClients } from '../../src/inbound/denied-clients.ts';
import { type LogLine, listLog } from '../support/inbound.ts';
import { ManualClock } from '../support/manual-clock.ts';

const denial = (address: string, sender: string) => ({
  address,
  sender,
  greeting: 'x',
  recipient: 'c@d.example',
  reason: 'no',
  client: '',
  listener: 'door',
});

describe('refused clients', () => {
  let batches: (readonly DeniedClient[])[];
  let lines: LogLine[];
  let clock: ManualClock;
  const storage: DeniedStorage = {
    async record(denied) {
      batches.push(denied);
    },
    list: () => Promise.resolve([]),
    forget: () => Promise.resolve(),
  };

  beforeEach(() => {
    batches = [];
    lines = [];
    clock = new ManualClock();
  });

  it('are counted in memory and handed over every few seconds, and at the end', async () => {
    const denied = createDeniedClients(storage, clock, listLog(lines));
    const first = clock.now();
    for (let index = 0; index < 1_000; index += 1) denied.note(denial('192.0.2.1', 'a@b.example'));
    clock.advance(4_000);
    denied.note(denial('192.0.2.1', 'a@b.example'));
    expect(batches).to.deep.equal([]);
    clock.advance(1_000);
    await new Promise(setImmediate);
    expect(batches).to.have.length(1);
    expect(batches[0]?.[0]).to.deep.include({ count: 1_001, firstSeen: first, lastSeen: first + 4_000 });
    expect(lines, 'one line, not a thousand').to.have.length(1);
    clock.advance(60_000);
    await new Promise(setImmediate);
    expect(batches, 'nothing new, nothing written').to.have.length(1);
    denied.note(denial('192.0.2.2', ''));
    await denied.stop();
    expect(batches[1]?.[0]).to.deep.include({ address: '192.0.2.2', count: 1 });
  });

  it('cannot fill memory', async () => {
    const denied = createDeniedClients(storage, clock, listLog(lines));
    for (let index = 0; index < 5_000; index += 1) {
      denied.note(denial('192.0.2.1', `a${index}@b.example`));
      denied.note(denial(`10.0.${index >> 8}.${index & 255}`, 'x'.repeat(10_000)));
    }
    await denied.stop();
    const entries = batches.flat();
    expect(entries).to.have.length(1_000);
    expect(entries.filter(({ address }) => address === '192.0.2.1')).to.have.length(20);
    expect(Math.max(...entries.map(({ sender }) => sender.length))).to.equal(320);
  });

  it('do not matter to anybody when they cannot be stored', async () => {
    const broken = { ...storage, record: () => Promise.reject(new Error('no disk')) };
    const denied = createDeniedClients(broken, clock, listLog(lines));
    denied.note(denial('192.0.2.1', ''));
    await denied.stop();
    expect(lines.at(-1)?.text).to.include('could not be remembered');
  });
});
