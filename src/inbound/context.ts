/*
 * What every session of a listener works with. Settings and policy are read at each use, so that a change is in force at
 * once for connections that are open.
 */
import type { Accepting } from '../queue/accepting.ts';
import type { ListenerSettings } from '../settings/schema-listeners.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { DeniedClients } from './denied-clients.ts';
import type { InboundMeters } from './meters.ts';
import type { Policy } from './policy.ts';
import type { SignIn } from './sign-in.ts';

/** Shared by all listeners. */
export interface InboundContext {
  readonly accepting: Accepting;
  readonly signIn: SignIn;
  readonly denied: DeniedClients;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters: InboundMeters;
  /** A transaction or sign-in was refused for good; called once for each. */
  readonly onRefused: () => void;
  policy(): Policy;
  /** Name in the greeting, EHLO and Received. */
  hostname(): string;
}

/** One listener's. */
export interface ListenerContext extends InboundContext {
  settings(): ListenerSettings;
  /** The listener or Postern is closing: transactions in flight finish, nothing new begins. */
  stopping(): boolean;
}
