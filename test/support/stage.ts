/** A whole Postern with upstreams at a simulator, and a clock that is moved forward whenever nothing is under way. */
import { z } from 'zod';
import { freePort } from '../../scripts/bench/processes.ts';
import type { StandingAlert } from '../../src/notices/alerts.ts';
import type { JournalEvent } from '../../src/queue/message.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { MovableClock } from './movable-clock.ts';
import { type Relay, relaySettings, startRelay } from './relay.ts';
import { type RemoteAdmin, remoteAdmin } from './simulated-consent.ts';

const SECOND = 1000;
/** Looks at a condition before time begins to fly, so that what happens by itself is not overtaken. */
const PATIENT_LOOKS = 10;
const BETWEEN_LOOKS = 5;
/** Real time after which nothing more is waited for, ms. */
const LONGEST = 15_000;

type EventOf<Type extends JournalEvent['type']> = JournalEvent & { readonly type: Type };

const logLine = z.looseObject({ level: z.number(), alert: z.string().optional() });

export interface Stage {
  readonly simulator: Simulator;
  readonly relay: Relay;
  readonly admin: RemoteAdmin;
  readonly clock: MovableClock;
  /** Lets time fly until the condition holds; answers how much has passed, ms. Fails after `most` ms. */
  passUntil(condition: () => boolean | Promise<boolean>, what: string, most?: number): Promise<number>;
  /** Lets time fly until the journal of the message has such an event. */
  event<Type extends JournalEvent['type']>(id: string, type: Type, most?: number): Promise<EventOf<Type>>;
  /** Alerts that stand, those of `before` left out. */
  alerts(before?: readonly StandingAlert[]): readonly StandingAlert[];
  /** Keys of the alerts that were told in the log since line `from`. */
  told(from: number): readonly string[];
  close(): Promise<void>;
}

/**
 * Mail for NAME.test goes to the upstream of that name, and reports and the rest to the test relay. Only the relay's time flies: the
 * provider's libraries know no other clock than the machine's.
 */
export async function startStage(
  upstreams: (simulator: Simulator) => readonly { readonly name: string }[],
  options: SimulatorOptions = { limits: false },
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Stage> {
  const clock = new MovableClock();
  const simulator = await startSimulator(options);
  const port = await freePort();
  const all = upstreams(simulator);
  const relay = await startRelay(
    relaySettings({
      accessUrl: `http://127.0.0.1:${port}`,
      upstreams: all,
      routes: all.map(({ name }) => ({ recipientDomain: `${name}.test`, upstream: name })),
      queue: { retry: ['10s', '20s', '30s'] },
      ...settings,
    }),
    { admin: { address: '127.0.0.1', port, behindProxy: false } },
    undefined,
    clock,
  ).catch(async (error: unknown) => {
    await simulator.close();
    throw error;
  });
  const admin = remoteAdmin(port, relay.directory);
  await admin.trust(simulator);

  const passUntil: Stage['passUntil'] = async (condition, what, most = 10 * 60 * SECOND) => {
    const from = clock.monotonic();
    const end = performance.now() + LONGEST;
    for (let looks = 0; ; looks += 1) {
      if (await condition()) return clock.monotonic() - from;
      const passed = clock.monotonic() - from;
      if (passed > most || performance.now() > end)
        throw new Error(`Waited ${Math.round(passed / SECOND)} s in vain: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
      const quiet = relay.app.queue.status().sending === 0;
      if (quiet && looks >= PATIENT_LOOKS) clock.skip(Math.max(2 * SECOND, passed / 15));
    }
  };

  return {
    simulator,
    relay,
    admin,
    clock,
    passUntil,
    async event<Type extends JournalEvent['type']>(id: string, type: Type, most?: number) {
      let found: EventOf<Type> | undefined;
      const look = async () => {
        const events = await relay.events(id);
        found = events.find((event): event is EventOf<Type> => event.type === type);
        return found !== undefined;
      };
      await passUntil(look, `${type} in the journal of ${id}`, most).catch(async (error: unknown) => {
        throw new Error(`No ${type} in ${JSON.stringify(await relay.events(id))}`, { cause: error });
      });
      if (found === undefined) throw new Error('not reached');
      return found;
    },
    alerts: (before = []) => {
      const known = new Set(before.map(({ key }) => key));
      return relay.app.alerts.list().filter(({ key }) => !known.has(key));
    },
    told: (from) =>
      relay.log.lines.slice(from).flatMap((line) => {
        const { level, alert } = logLine.parse(JSON.parse(line));
        return level >= 40 && alert !== undefined ? [alert] : [];
      }),
    async close() {
      await relay.remove();
      await simulator.close();
    },
  };
}
