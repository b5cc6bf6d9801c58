/*
 * How many connections a listener has, in all and per address (IPv6: per /64), and whether one more is let in.
 */
import { plainAddress, sourceKey } from './networks.ts';
import { reply, type SmtpReply } from './replies.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Counts in memory; one for each listener. */
export class ConnectionCount {
  readonly #perSource = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Counts the connection in and gives the way to count it out, once; or says why it is refused. */
  admit(address: string, limits: ConnectionLimits): (() => void) | SmtpReply {
    const source = sourceKey(plainAddress(address));
    const ofSource = this.#perSource.get(source) ?? 0;
    if (this.#total >= limits.connections) {
      return reply(421, '4.3.2', 'Too many connections; try again in a moment');
    }
    if (ofSource >= limits.connectionsPerAddress) {
      return reply(
        421,
        '4.7.0',
        'Too many connections from your address; close some, or try again in a moment',
      );
    }
    this.#total += 1;
    this.#perSource.set(source, ofSource + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      this.#total -= 1;
      const left = (this.#perSource.get(source) ?? 1) - 1;
      if (left > 0) this.#perSource.set(source, left);
      else this.#perSource.delete(source);
    };
  }
}
