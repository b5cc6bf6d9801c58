/** One kind of work that relays are measured by. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly senders: number;
  /** Messages of one run, unless told otherwise. */
  readonly messages: number;
  /** Bytes of a message. */
  readonly size: number;
  readonly perConnection: 'one' | 'many';
  /** Connections to the upstream at once, the same for every subject. */
  readonly connections: number;
  /** Milliseconds of round-trip time to the upstream. */
  readonly roundTrip: number;
}

const KB = 1000;

/** The backlog is a run of its own kind, see backlog.ts. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'many-per-connection',
    title: '20 senders, 10 KB, many messages per connection',
    senders: 20,
    messages: 10_000,
    size: 10 * KB,
    perConnection: 'many',
    connections: 20,
    roundTrip: 0,
  },
  {
    name: 'one-per-connection',
    title: '20 senders, 10 KB, one message per connection',
    senders: 20,
    messages: 10_000,
    size: 10 * KB,
    perConnection: 'one',
    connections: 20,
    roundTrip: 0,
  },
  {
    name: 'distant',
    title: '20 senders, 10 KB, upstream 50 ms away, 3 connections',
    senders: 20,
    messages: 500,
    size: 10 * KB,
    perConnection: 'many',
    connections: 3,
    roundTrip: 50,
  },
  {
    name: 'large',
    title: '10 senders, 25 MB each at once',
    senders: 10,
    messages: 20,
    size: 25_000 * KB,
    perConnection: 'many',
    connections: 10,
    roundTrip: 0,
  },
];
