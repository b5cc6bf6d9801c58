import { inspect } from 'node:util';

const SHOWN = '[secret]';

/**
 * A text that must not be shown. Whatever prints, logs or serialises it sees `[secret]`; only `reveal()` gives it, at the
 * one place that needs it (an AUTH command, a cipher).
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
