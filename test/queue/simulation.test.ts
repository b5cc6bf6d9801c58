import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Outcome, RecipientOutcome } from '../../src/delivery/outcome.ts';
import type { QueueStorage } from '../../src/queue/storage.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { createMessageIds } from '../../src/shared/ids.ts';
import { systemRandom } from '../../src/shared/random.ts';
import type { StoreFault } from '../../src/store/faults.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type QueueUnderTest, queueOn } from '../support/queue-under-test.ts';
import { recordLog } from '../support/recorded-log.ts';
import { authenticationFailed, BUSY, OK, REFUSED } from '../support/scripted-upstreams.ts';

const IN_DOUBT: RecipientOutcome = {
  kind: 'deferred',
  reason: 'in-doubt',
  reply: { code: 451, text: 'closed the connection after the end of the message' },
};

/** What an upstream does with a recipient; `lost` took the message and its reply did not arrive. */
type Fate = 'ok' | 'busy' | 'refused' | 'lost' | 'doubt' | 'out';

type Step =
  | { readonly do: 'send'; readonly recipients: number; readonly client: number }
  | { readonly do: 'fates'; readonly fates: readonly Fate[] }
  | { readonly do: 'fault'; readonly fault: StoreFault; readonly times: number }
  | { readonly do: 'verb'; readonly verb: 'hold' | 'release' | 'retry' | 'delete'; readonly which: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'settings' | 'stop' | 'crash' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      recipients: fc.integer({ min: 1, max: 3 }),
      client: fc.nat(2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fates' as const),
      fates: fc.array(fc.constantFrom<Fate>('ok', 'ok', 'busy', 'refused', 'lost', 'doubt', 'out'), {
        minLength: 1,
        maxLength: 6,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom<StoreFault>('full', 'sync'),
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('verb' as const),
      verb: fc.constantFrom('hold' as const, 'release' as const, 'retry' as const, 'delete' as const),
      which: fc.nat(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 40, 700, 15_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('settings' as const, 'stop' as const, 'crash' as const) }),
  },
);

/** A Postern's queue that can be pulled out of the socket: from then on it hears and says nothing. */
interface Life {
  readonly made: QueueUnderTest;
  dead: boolean;
}

/**
 * The queue on a real store through random events: every message that was accepted ends delivered, failed or deleted,
 * with the journal saying so, and nobody gets it twice but where the journal says that a reply was lost, or behind a stop
 * that could not record what was delivered.
 */
describe('the queue, whatever happens', () => {
  let directory: string;
  let store: Store;
  const clock = new ManualClock();
  let faults: StoreFault[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-simulation-'));
    store = await openStore({
      database: `sqlite:${join(directory, 'postern.db')}`,
      dataDirectory: directory,
      log: recordLog().log,
      clock,
      faults: { next: () => faults.shift() },
    });
  });

  after(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const left = async () => (await store.queue.lanes('local')).length;

  async function simulate(steps: readonly Step[]): Promise<void> {
    const accepted = new Map<string, readonly string[]>();
    /** How often an upstream took a message for a recipient, and how often more than once is explained. */
    const taken = new Map<string, number>();
    const excused = new Map<string, number>();
    let fates: readonly Fate[] = ['ok'];
    let next = 0;
    let life = await begin();

    async function begin(): Promise<Life> {
      const state = { dead: false };
      const alive: Clock = {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        after: (wait, callback) => clock.after(wait, () => void (state.dead || callback())),
      };
      const made = queueOn(unplugged(store.queue, state), alive, {
        newId: createMessageIds(clock, systemRandom),
        bounds: { perLane: 4, total: 8, reserved: 2 },
        document: { queue: { keepBodies: '30d', expireAfter: '2d', warnAfter: '4h' } },
      });
      made.upstreams.slots = 3;
      made.upstreams.reply = async (message, recipients): Promise<Outcome> => {
        for (let turns = next % 4; turns > 0; turns -= 1) await tick();
        if (state.dead) return new Promise(() => undefined);
        const answers: RecipientOutcome[] = [];
        for (const recipient of recipients as readonly { readonly address: string }[]) {
          next += 1;
          const fate = fates[next % fates.length] ?? 'ok';
          const key = `${message.id} ${recipient.address}`;
          if (fate === 'out' && answers.length === 0) return authenticationFailed();
          if (fate === 'ok' || fate === 'lost') count(taken, key);
          if (fate === 'lost') count(excused, key);
          answers.push(outcomeOf(fate));
        }
        return { kind: 'answered', recipients: answers, timing: { connecting: 0, sending: 1 } };
      };
      await made.queue.start();
      return Object.assign(state, { made });
    }

    /** What was taken and could not be recorded before the end may come again. */
    async function excuseUnrecorded(): Promise<void> {
      for (const [id, addresses] of accepted) {
        const record = await store.queue.find(id);
        for (const address of addresses) {
          const key = `${id} ${address}`;
          const recipient = record?.recipients.find((each) => each.address === address);
          const recorded = recipient?.state === 'delivered';
          if (!recorded && (taken.get(key) ?? 0) > (excused.get(key) ?? 0)) count(excused, key);
        }
      }
    }

    async function stop(): Promise<void> {
      let stopped = false;
      const stopping = life.made.queue.stop(3000).then(() => (stopped = true));
      for (let turn = 0; turn < 10_000 && !stopped; turn += 1) {
        clock.advance(100);
        await tick();
      }
      await stopping;
    }

    async function run(one: Step, index: number): Promise<void> {
      const { queue } = life.made;
      switch (one.do) {
        case 'send': {
          const recipients = Array.from({ length: one.recipients }, (_, each) => `r${each}@x.example`);
          const client = `client ${one.client}`;
          const body = one.client === 2 ? Buffer.alloc(300_000, 'Subject: a\r\n\r\nb\r\n') : undefined;
          await life.made.send({ client, recipients, ...(body === undefined ? {} : { body }) }).then(
            ({ id }) => accepted.set(id, recipients),
            (error: unknown) => expect(error).to.be.instanceOf(RelayError),
          );
          return;
        }
        case 'fates':
          ({ fates } = one);
          return;
        case 'fault':
          faults = Array.from({ length: one.times }, () => one.fault);
          return;
        case 'verb': {
          const id = [...accepted.keys()][one.which % Math.max(1, accepted.size)];
          if (id !== undefined) await queue.operations[one.verb]({ ids: [id] }, 'ops').catch(() => undefined);
          return;
        }
        case 'wait':
          // In pieces, so that what happens once a minute happens in between.
          for (let piece = 0; piece < 4; piece += 1) {
            clock.advance(one.seconds * 250);
            await tick();
          }
          return;
        case 'settings':
          life.made.settings.change({ queue: { retry: [`${1 + (index % 60)}s`], keepBodies: '30d' } });
          return;
        case 'stop':
          await stop();
          break;
        case 'crash':
          life.dead = true;
          break;
      }
      await store.healthy();
      await excuseUnrecorded();
      life = await begin();
    }

    for (const [index, one] of steps.entries()) {
      await run(one, index);
      for (let turn = index % 5; turn > 0; turn -= 1) await tick();
    }
    faults = [];
    fates = ['ok'];
    await life.made.queue.operations.release({ ids: [...accepted.keys()] }, 'ops');
    for (let turn = 0; turn < 3000 && (await left()) > 0; turn += 1) {
      clock.advance(1000 * (1 + turn));
      await tick();
    }
    await stop();
    for (const [id, addresses] of accepted) {
      const { message, journal } = await life.made.queue.operations.show(id);
      const events = journal.map(({ event }) => event);
      expect(message.state, id).to.be.oneOf(['delivered', 'failed', 'deleted']);
      if (message.state === 'deleted') expect(events.map(({ type }) => type)).to.include('deleted');
      for (const address of addresses) {
        const key = `${id} ${address}`;
        const recipient = message.recipients.find((each) => each.address === address);
        const times = taken.get(key) ?? 0;
        if (recipient?.state === 'delivered') expect(times, `${key} was lost`).to.be.at.least(1);
        else if (message.state !== 'deleted')
          expect(recipient?.reason, key).to.be.oneOf(['recipient', 'expired']);
        const doubted = events.filter(
          (event) =>
            event.type === 'attempt' &&
            event.possibleDuplicate === true &&
            event.recipients.some((each) => each.address === address && each.reason === 'in-doubt'),
        );
        const allowed = 1 + (excused.get(key) ?? 0);
        expect(times, `${key} came too often (${doubted.length} in doubt)`).to.be.at.most(allowed);
      }
    }
  }

  it('loses nothing, and sends nothing twice without a reason', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), simulate), {
      numRuns: 25,
      interruptAfterTimeLimit: 4000,
      endOnFailure: true,
    });
  });
});

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function outcomeOf(fate: Fate): RecipientOutcome {
  if (fate === 'ok') return OK;
  if (fate === 'refused') return REFUSED;
  return fate === 'lost' || fate === 'doubt' ? IN_DOUBT : BUSY;
}

/** Questions whose answers arrive late, behind those of later transactions, as a database with several connections has it. */
const SLOW: ReadonlySet<string> = new Set(['due', 'aged', 'lanes', 'find', 'list']);
let asked = 0;

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** The store as a process sees it that ends at some moment: nothing that it asks for afterwards happens. */
function unplugged(storage: QueueStorage, state: { readonly dead: boolean }): QueueStorage {
  return new Proxy(storage, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      if (state.dead) return () => new Promise(() => undefined);
      if (!SLOW.has(String(name))) return method;
      return async (...values: unknown[]) => {
        const answer: unknown = await Reflect.apply(method, target, values);
        asked += 1;
        for (let turns = (asked * 7) % 13; turns > 0; turns -= 1) await tick();
        return answer;
      };
    },
  });
}
