/** What went through in a stretch of time. Each message counts once as accepted; it may be deferred more than once. */
export interface TrafficCounts {
  /** Messages on stable storage, whoever handed them in: devices, or Postern itself. */
  readonly accepted: number;
  /** Messages of which no recipient is left, and none has failed. */
  readonly delivered: number;
  /** Attempts after which something of the message was left to try again. */
  readonly deferred: number;
  /** Messages of which no recipient is left, and at least one has failed. */
  readonly failed: number;
  /** Transactions and sign-ins of devices that were refused for good (5xx). */
  readonly refused: number;
}

/** The counts of the minute that begins at `minute`, ms since 1970. */
export interface TrafficMinute extends TrafficCounts {
  readonly minute: number;
}

/** The counts of the stretch that begins at `at`, ms since 1970. */
export interface TrafficStretch extends TrafficCounts {
  readonly at: number;
}

/** The storage of the counters, summed over all nodes, and of how long mail has waited; store/traffic.ts implements it. */
export interface TrafficStorage {
  /** Adds to what is counted already; all of it or nothing. */
  add(minutes: readonly TrafficMinute[]): Promise<void>;
  /** From the stretch that begins at `since`, a multiple of `step`, in steps of so many ms; stretches without traffic are left out. Oldest first. */
  read(since: number, step: number): Promise<readonly TrafficStretch[]>;
  /** The last minute with an accepted, and with a delivered message, among those that are kept. */
  last(): Promise<{ readonly accepted?: number; readonly delivered?: number }>;
  /** Removes the minutes before this one. */
  removeBefore(minute: number): Promise<void>;
  /** Queued messages of all nodes that were accepted after the first, the second, … of `times` (latest first) but not after the one before; the last count is of those accepted before all of them. */
  waitingSince(times: readonly number[]): Promise<readonly number[]>;
}
