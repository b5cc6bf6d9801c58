import type { Simulator } from '../../src/simulator/simulator.ts';

/** Something that goes wrong on purpose. */
export interface Trouble {
  /** One sentence, told when it begins. */
  readonly text: string;
  /** Told when it is over, if it takes a while. */
  readonly after?: string;
  /** Sender of the next message, in place of the usual one. */
  readonly sender?: string;
  /** Milliseconds that it lasts; nothing to end if absent. */
  readonly lasts?: number;
  begin(simulator: Simulator): void;
}

/** In this order, again and again. `outage`: milliseconds. */
export function troubles(outage: number, stranger: string): readonly Trouble[] {
  return [
    {
      text: 'Microsoft revokes the access token. Postern notices, gets another one and sends on.',
      begin: (simulator) => simulator.revoke('tokens'),
    },
    {
      text: 'Microsoft is busy (451 4.7.500) for the next two messages. Postern waits a little and tries again.',
      begin: (simulator) => simulator.behave({ scenario: 'server-busy', times: 2 }),
    },
    {
      text: `The next message comes from ${stranger}, which the account may not use (SendAsDenied). Postern sends it under the account’s address and keeps the original in Reply-To.`,
      sender: stranger,
      begin: () => undefined,
    },
    {
      text: `Microsoft cannot be reached for ${Math.round(outage / 1000)} seconds. The device notices nothing: Postern keeps its mail.`,
      after: 'Microsoft is back. What waited goes out in its order.',
      lasts: outage,
      begin: (simulator) => simulator.behave({ scenario: 'reset' }),
    },
  ];
}
