import type { Acceptance, Accepting } from '../queue/accepting.ts';
import type { Draft } from '../queue/reports.ts';
import { RelayError } from '../shared/errors.ts';

/** Puts mail of our own into the queue. Throws RelayError `overloaded` where it takes nothing, and what the store throws. */
export async function enqueue(accepting: Accepting, { accepted, body }: Draft): Promise<Acceptance> {
  const refusal = accepting.refusal();
  if (refusal) throw new RelayError('overloaded', `The queue takes no mail now: ${refusal.text}`);
  const writer = accepting.begin();
  try {
    await writer.write(body);
    return await writer.commit(accepted);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
