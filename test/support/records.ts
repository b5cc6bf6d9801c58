import type { MessageRecord } from '../../src/queue/message.ts';

let count = 0;

/** A message as the queue keeps it; every field can be said. */
export function messageRecord(changes: Partial<MessageRecord> & { client?: string } = {}): MessageRecord {
  const { client = 'this machine', ...rest } = changes;
  count += 1;
  return {
    id: `ID${String(count).padStart(14, '0')}`,
    kind: 'mail',
    origin: { client, listener: 'default', address: '127.0.0.1', greeting: 'printer.example.com' },
    envelope: { sender: 'printer@example.com', eightBit: false, smtpUtf8: false },
    recipients: [{ address: 'a@example.net', state: 'pending' }],
    subject: 'Toner is low',
    headerMessageId: `<${count}@example.com>`,
    size: 1000,
    chunks: 1,
    acceptedAt: Date.UTC(2026, 10, 2, 8, 0, 0),
    receiving: 3,
    state: 'queued',
    lane: `office\t${client}`,
    node: 'local',
    attempts: 0,
    nextAttemptAt: Date.UTC(2026, 10, 2, 8, 0, 0),
    ...rest,
  };
}
