/*
 * How long one connection may take. Holds readings of the clock and compares them when asked, about once a second; so a
 * deadline costs a connection no timer.
 */
import type { ListenerSettings } from '../settings/schema-listeners.ts';

/** A command line has to be complete so soon after its first byte, in milliseconds. */
const LINE_DEADLINE = 60_000;
/** The data rate is looked at so often, in milliseconds. */
const RATE_WINDOW = 60_000;

/** All times are readings of the monotonic clock, in milliseconds. */
export class SessionDeadlines {
  /** When we began to wait for the client's next command. */
  #waitingSince: number;
  /** When the command line began that is not complete yet; 0 without one. */
  #lineSince = 0;
  #messageAt: number;
  #rateAt = 0;
  #rateBytes = 0;

  constructor(now: number) {
    this.#waitingSince = now;
    this.#messageAt = now;
  }

  /** The client has been answered and it is its turn. */
  waiting(now: number): void {
    this.#waitingSince = now;
    this.#lineSince = 0;
  }

  /** All that the client sent is used up, but for the beginning of a line. */
  insideLine(now: number): void {
    if (this.#lineSince === 0) this.#lineSince = now;
  }

  messageAccepted(now: number): void {
    this.#messageAt = now;
  }

  /** The data rate counts from here: content begins, or the client had to wait for us. */
  contentFrom(now: number, received: number): void {
    this.#rateAt = now;
    this.#rateBytes = received;
  }

  /** A TLS handshake that began with the last command took longer than `longest`. */
  handshakeOverdue(now: number, longest: number): boolean {
    return now - this.#waitingSince > longest;
  }

  /**
   * What took too long, as the client is told; undefined while nothing has.
   * @param received bytes of the message that is coming in; undefined without one
   */
  overdue(now: number, limits: ListenerSettings['limits'], received: number | undefined): string | undefined {
    if (now - this.#messageAt > limits.session) {
      return 'The connection took too long without a message that could be accepted';
    }
    if (received !== undefined && limits.minimumDataRate > 0) {
      const passed = now - this.#rateAt;
      if (passed < RATE_WINDOW) return undefined;
      if ((received - this.#rateBytes) * 1000 < limits.minimumDataRate * passed) {
        return 'The message comes too slowly';
      }
      this.contentFrom(now, received);
      return undefined;
    }
    const line = this.#lineSince > 0 && now - this.#lineSince > LINE_DEADLINE;
    return line || now - this.#waitingSince > limits.idle ? 'No complete command came in time' : undefined;
  }
}
