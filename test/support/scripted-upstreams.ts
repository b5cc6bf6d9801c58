import type { Outcome, RecipientOutcome } from '../../src/delivery/outcome.ts';
import type { Permit, UnsentMessage, Upstreams, Wait } from '../../src/delivery/upstreams.ts';

export const OK: RecipientOutcome = { kind: 'delivered', reply: { code: 250, text: 'ok' } };
export const BUSY: RecipientOutcome = {
  kind: 'deferred',
  reply: { code: 451, text: 'busy' },
  reason: 'busy',
};
export const REFUSED: RecipientOutcome = {
  kind: 'rejected',
  reply: { code: 550, enhanced: '5.1.1', text: 'no such user' },
  reason: 'recipient',
};

/** Answers the same for every recipient. */
export function answer(outcome: RecipientOutcome) {
  return (_: UnsentMessage, recipients: readonly unknown[]): Outcome => ({
    kind: 'answered',
    recipients: recipients.map(() => outcome),
    timing: { connecting: 0, sending: 1 },
  });
}

export const authenticationFailed = (): Outcome => ({
  kind: 'unavailable',
  reason: 'authentication',
  text: 'the password was refused',
  timing: { connecting: 1, sending: 0 },
});

/** Upstreams whose every answer the test decides; one named `office`, and the test relay. Remembers what was delivered. */
export class ScriptedUpstreams implements Upstreams {
  readonly delivered: { id: string; sender: string; client: string; recipients: string[]; body: Buffer }[] =
    [];
  /** Connections at once. */
  slots = 5;
  /** Recipients that the day still has room for. */
  room = Number.POSITIVE_INFINITY;
  /** Lets nobody in. */
  closed = false;
  reply: (
    message: UnsentMessage,
    recipients: readonly unknown[],
    signal: AbortSignal,
  ) => Outcome | Promise<Outcome> = answer(OK);
  routeTo: (subject: Parameters<Upstreams['route']>[0]) => string = ({ upstream }) => upstream ?? 'office';
  #used = 0;
  #mostUsed = 0;
  readonly #ready = new Set<(upstream: string) => void>();

  get mostUsed(): number {
    return this.#mostUsed;
  }

  route(subject: Parameters<Upstreams['route']>[0]): string {
    return this.routeTo(subject);
  }

  refusesSize(): boolean {
    return false;
  }

  forecast(): undefined {
    return undefined;
  }

  kindOf(upstream: string): 'smtp' | 'test-relay' {
    return upstream === 'test-relay' ? 'test-relay' : 'smtp';
  }

  enter(upstream: string, recipients: number): Permit | Wait {
    if (recipients > this.room) return { wait: 3_600_000, reason: 'quota', fits: this.room };
    if (this.closed) return { wait: Number.POSITIVE_INFINITY, reason: 'authentication' };
    if (this.#used >= this.slots) return { wait: Number.POSITIVE_INFINITY, reason: 'slots' };
    this.#used += 1;
    this.#mostUsed = Math.max(this.#mostUsed, this.#used);
    return {
      upstream,
      release: () => {
        this.#used -= 1;
        this.ready(upstream);
      },
    };
  }

  async deliver(
    permit: Permit,
    message: UnsentMessage,
    recipients: readonly { readonly address: string }[],
    signal: AbortSignal,
  ): ReturnType<Upstreams['deliver']> {
    const outcome = await this.reply(message, recipients, signal);
    if (outcome.kind === 'answered') {
      const taken = recipients.filter((_, index) => outcome.recipients[index]?.kind === 'delivered');
      if (taken.length > 0) {
        const pieces: Buffer[] = [];
        for await (const piece of message.body.chunks()) pieces.push(piece);
        this.delivered.push({
          id: message.id,
          sender: message.sender,
          client: message.client,
          recipients: taken.map(({ address }) => address),
          body: Buffer.concat(pieces),
        });
      }
    }
    return { upstream: permit.upstream, outcome };
  }

  onReady(callback: (upstream: string) => void): () => void {
    this.#ready.add(callback);
    return () => this.#ready.delete(callback);
  }

  ready(upstream = 'office'): void {
    for (const callback of this.#ready) callback(upstream);
  }

  probeNow(): void {
    this.closed = false;
    this.ready();
  }

  status(): ReturnType<Upstreams['status']> {
    const common = { connections: this.#used, recipientsToday: 0 };
    return [
      this.closed
        ? {
            name: 'office',
            kind: 'smtp',
            circuit: 'open',
            reason: this.closedFor,
            text: 'no answer',
            ...common,
          }
        : { name: 'office', kind: 'smtp', circuit: 'closed', ...common },
      { name: 'test-relay', kind: 'test-relay', circuit: 'closed', ...common },
    ];
  }

  /** The reason that `status` gives while closed. */
  closedFor: 'unreachable' | 'authentication' = 'authentication';

  async close(): Promise<void> {}
}
