/*
 * What one connection may cost without getting a message accepted. Counts only; an accepted message starts the counts
 * anew, so that a well-behaved client may stay as long as it likes.
 */
import type { ListenerSettings } from '../settings/schema-listeners.ts';
import { reply, type SmtpReply } from './replies.ts';

/** NOOP, RSET, EHLO, VRFY, HELP between two accepted messages. */
const MAX_CHATTER = 100;
const MAX_FAILED_SIGN_INS = 3;
/** Commands beyond two for each recipient that is allowed: refused recipients of a pipelining client fit in. */
const SPARE_COMMANDS = 200;

/** Each method that counts answers with the reply that ends the connection once it is enough. */
export class SessionBounds {
  readonly #limits: () => ListenerSettings['limits'];
  #commands = 0;
  #chatter = 0;
  #errors = 0;
  #failedSignIns = 0;
  #messages = 0;

  constructor(limits: () => ListenerSettings['limits']) {
    this.#limits = limits;
  }

  /** Messages accepted on this connection. */
  get messages(): number {
    return this.#messages;
  }

  accepted(): void {
    this.#messages += 1;
    this.#commands = 0;
    this.#chatter = 0;
    this.#errors = 0;
  }

  /** Each of these counts one and says when it is enough. */
  command(): SmtpReply | undefined {
    this.#commands += 1;
    return this.#commands > 2 * this.#limits().recipients + SPARE_COMMANDS ? TOO_MUCH : undefined;
  }

  chatter(): SmtpReply | undefined {
    this.#chatter += 1;
    return this.#chatter > MAX_CHATTER ? TOO_MUCH : undefined;
  }

  error(): SmtpReply | undefined {
    this.#errors += 1;
    return this.#errors >= this.#limits().errors ? TOO_MANY_ERRORS : undefined;
  }

  failedSignIn(): SmtpReply | undefined {
    this.#failedSignIns += 1;
    return this.#failedSignIns >= MAX_FAILED_SIGN_INS ? TOO_MANY_SIGN_INS : undefined;
  }
}

const TOO_MUCH = reply(421, '4.7.0', 'Too many commands without a message');
const TOO_MANY_ERRORS = reply(421, '4.7.0', 'Too many errors');
const TOO_MANY_SIGN_INS = reply(421, '4.7.0', 'Too many failed sign-ins');
