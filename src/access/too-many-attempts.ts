import { RelayError } from '../shared/errors.ts';

/** Somebody guesses, or could: they wait. HTTP says 429 and for how long. */
export class TooManyAttempts extends RelayError {
  /** Seconds. */
  readonly wait: number;

  constructor(wait: number) {
    super('unauthenticated', `Too many attempts have failed; try again in ${waitText(wait)}.`, {
      hint: 'A browser in which you have signed in before does not wait for what others do.',
    });
    this.wait = wait;
  }
}

function waitText(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
