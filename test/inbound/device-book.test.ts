import { expect } from 'chai';
import { createDeviceBook, type SeenMessage } from '../../src/inbound/device-book.ts';
import type { Device } from '../../src/inbound/devices.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';

const seen = (id: string, address = '192.0.2.7', changes = {}): SeenMessage => ({
  id,
  acceptedAt: Number(id),
  origin: { client: 'office', listener: 'door', address, greeting: 'mfp', ...changes },
  envelope: { sender: `${id}@example.com` },
});

describe('device book', () => {
  let batches: (readonly Device[])[];
  const storage = {
    async record(devices: readonly Device[]) {
      batches.push(devices);
    },
    list: async (limit: number) => batches.flat().slice(0, limit),
  };
  const log = recordLog();
  beforeEach(() => {
    batches = [];
  });

  it('remembers the last of each device and client, and writes it every ten seconds', async () => {
    const clock = new ManualClock();
    let written = 0;
    const book = createDeviceBook({ storage, clock, log: log.log, onWritten: () => (written += 1) });
    book.note(seen('1'));
    book.note(seen('3', '192.0.2.7', { greeting: 'mfp2', tls: 'TLSv1.3', user: 'scan' }));
    book.note(seen('2', '192.0.2.7', { client: 'other' }));
    book.note(seen('9', ''));
    expect(batches).to.deep.equal([]);
    clock.advance(10_000);
    await new Promise(setImmediate);
    expect(written).to.equal(1);
    expect(batches).to.deep.equal([
      [
        {
          address: '192.0.2.7',
          client: 'office',
          listener: 'door',
          greeting: 'mfp2',
          user: 'scan',
          tls: 'TLSv1.3',
          firstSeen: 1,
          lastSeen: 3,
          lastMessage: '3',
          lastSender: '3@example.com',
          messages: 2,
        },
        {
          address: '192.0.2.7',
          client: 'other',
          listener: 'door',
          greeting: 'mfp',
          firstSeen: 2,
          lastSeen: 2,
          lastMessage: '2',
          lastSender: '2@example.com',
          messages: 1,
        },
      ],
    ]);
    book.note(seen('4'));
    expect((await book.list(10)).at(-1), 'not written yet, listed all the same').to.deep.include({
      lastSeen: 4,
    });
    book.note(seen('5'));
    await book.stop();
    book.note(seen('6'));
    await book.stop();
    expect(batches.flat().map(({ lastSeen }) => lastSeen)).to.deep.equal([3, 2, 4, 5]);
  });

  it('cannot fill memory, and bothers nobody when it cannot be stored', async () => {
    const broken = { ...storage, record: () => Promise.reject(new Error('no disk')) };
    const book = createDeviceBook({ storage: broken, clock: new ManualClock(), log: log.log });
    book.note(seen('1', '192.0.2.8', { greeting: 'x'.repeat(100_000) }));
    await book.stop();
    expect(log.lines.at(-1)).to.include('could not be remembered');
    const many = createDeviceBook({ storage, clock: new ManualClock(), log: log.log });
    for (let index = 0; index < 12_000; index += 1) {
      many.note(seen('1', `10.0.${index >> 8}.${index & 255}`, { greeting: 'y'.repeat(1000) }));
    }
    await many.stop();
    expect(batches.flat()).to.have.lengthOf(10_000);
    expect(batches.flat()[0]?.greeting).to.have.lengthOf(320);
  });
});
