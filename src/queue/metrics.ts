import type { Meter } from '../shared/meter.ts';
import type { QueueStatus } from './create-queue.ts';
import type { MessageRecord } from './message.ts';
import type { AttemptListener } from './settler.ts';

export interface QueueMetrics {
  readonly onAccepted: (record: MessageRecord) => void;
  readonly onAttempt: AttemptListener;
  /** Gauges are read from the queue once there is one. */
  watch(status: () => QueueStatus): void;
}

/** Counts what comes in and what becomes of it. */
export function createQueueMetrics(meter: Meter): QueueMetrics {
  const accepted = meter.counter(
    'postern_messages_accepted_total',
    'Messages on stable storage, answered 250.',
    ['client'],
  );
  const acceptedBytes = meter.counter('postern_accepted_bytes_total', 'Bytes of accepted messages.');
  const recipients = meter.counter(
    'postern_recipients_total',
    'Recipients of attempts by what became of them: delivered, held, deferred, rejected, expired.',
    ['upstream', 'result'],
  );
  const waited = meter.histogram(
    'postern_message_wait_seconds',
    'Seconds from acceptance to the attempt that finished a message.',
    [0.01, 0.1, 1, 10, 60, 600, 3600, 86_400],
  );
  const messages = meter.gauge('postern_queue_messages', 'Messages in the store that are not finished.', [
    'state',
  ]);
  const bytes = meter.gauge('postern_queue_bytes', 'Bytes of queued and held mail.');
  const inMemory = meter.gauge('postern_queue_memory_messages', 'Queued messages that are in memory.');
  const sending = meter.gauge('postern_queue_sending_messages', 'Messages that are being sent.');
  return {
    onAccepted(record) {
      accepted.add(1, record.origin.client);
      acceptedBytes.add(record.size);
    },
    onAttempt(record, event) {
      for (const { result } of event.recipients) recipients.add(1, event.upstream, result);
      if (record.finishedAt !== undefined) waited.observe((record.finishedAt - record.acceptedAt) / 1000);
    },
    watch(status) {
      messages.from(() => status().counts.map(({ state, count }) => ({ labels: [state], value: count })));
      bytes.from(() => status().bytes);
      inMemory.from(() => status().inMemory);
      sending.from(() => status().sending);
    },
  };
}
