import type { Clock } from '../shared/clock.ts';
import type { TokenManners } from './access-tokens.ts';
import type { Authority } from './authority.ts';
import type { Behaviours } from './behaviours.ts';
import type { Clients } from './clients.ts';
import type { SimulatorKeys } from './keys.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { Outbox } from './outbox.ts';

/** What all parts of the simulator share. */
export interface World {
  readonly clock: Clock;
  readonly authority: Authority;
  readonly keys: SimulatorKeys;
  /** Keep to the limits of the real ones. */
  readonly limits: boolean;
  readonly manners: TokenManners;
  readonly behaviours: Behaviours;
  readonly mailboxes: Mailboxes;
  readonly clients: Clients;
  readonly outbox: Outbox;
}
