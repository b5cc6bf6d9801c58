import type { RecipientOutcome } from '../outcome.ts';
import type { Transport } from '../transport.ts';

/** The transport that sends nothing: every message is held, to be looked at. */
export function createTestRelay(): Transport {
  return {
    deliver(message, recipients) {
      const outcome: RecipientOutcome = {
        kind: 'held',
        reply: { code: 250, enhanced: '2.0.0', text: `Held as ${message.id} (test relay, not sent)` },
      };
      return Promise.resolve({
        kind: 'answered',
        recipients: recipients.map(() => outcome),
        timing: { connecting: 0, sending: 0 },
      });
    },
    close: () => Promise.resolve(),
  };
}
