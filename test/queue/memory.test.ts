import { expect } from 'chai';
import { BodyCache } from '../../src/queue/body.ts';
import { QueueMemory } from '../../src/queue/memory.ts';
import { messageRecord } from '../support/records.ts';

const LANE = 'office\tthis machine';

function memoryOf(bounds = { perLane: 100, total: 150, reserved: 5 }): QueueMemory {
  return new QueueMemory(new BodyCache(1000, 1000), bounds);
}

function withRecipients(count: number) {
  const recipients = Array.from({ length: count }, (_, index) => ({
    address: `user${index}@example.net`,
    state: 'pending' as const,
  }));
  return messageRecord({ recipients });
}

describe('the queue in memory', () => {
  it('counts a message with many recipients for several, so that lists do not fill memory', () => {
    const memory = memoryOf();
    let added = 0;
    for (; memory.room(LANE) > 0 && added < 1000; added += 1) memory.add(withRecipients(200), 'office');
    expect(added).to.equal(5);
    expect(memory.inLane(LANE)).to.equal(5);
  });

  it('has room again when such messages are gone', () => {
    const memory = memoryOf();
    const records = Array.from({ length: 5 }, () => withRecipients(200));
    for (const record of records) memory.add(record, 'office');
    expect(memory.room(LANE)).to.equal(0);
    for (const record of records) memory.forget(record.id);
    expect(memory.room(LANE)).to.equal(100);
    expect(memory.inLane(LANE)).to.equal(0);
  });

  it('takes a message that counts for more than its lane may have, when the lane is empty', () => {
    const memory = memoryOf({ perLane: 3, total: 3, reserved: 1 });
    expect(memory.room(LANE)).to.equal(3);
    memory.add(withRecipients(1000), 'office');
    expect(memory.room(LANE)).to.equal(0);
    expect(memory.room('office\tanother'), 'the places that every lane has').to.equal(1);
  });

  it('gives a message its places back when an operator takes it out', () => {
    const memory = memoryOf();
    const record = withRecipients(1000);
    memory.add(record, 'office');
    expect(memory.room(LANE)).to.equal(0);
    expect(memory.evict(record.id)).to.equal(true);
    expect(memory.room(LANE)).to.equal(100);
  });
});
