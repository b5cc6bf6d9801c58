/*
 * What is to go wrong, and for whom: behaviours asked for by name, and the scenarios that addresses ask for themselves. A behaviour
 * that was asked for comes first, the latest one before earlier ones.
 */
import type { Answer, Stage } from './scenario.ts';
import { findScenario, scenarioOfAddress } from './scenarios.ts';
import type { Behaviour } from './simulator.ts';

/** Who is concerned at a stage. */
export interface Concerned {
  /** Accounts and addresses that send: mailbox, MAIL FROM, From. */
  readonly senders: readonly string[];
  readonly recipients?: readonly string[];
}

export interface Behaviours {
  /** Throws Error with a sentence where there is no such scenario. */
  add(behaviour: Behaviour): void;
  /** What to answer at this stage, if not the normal thing; counts as one time. */
  take(stage: Stage, concerned: Concerned): Answer | undefined;
  list(): readonly Behaviour[];
  clear(): void;
}

interface Active {
  readonly behaviour: Behaviour;
  readonly stage: Stage;
  readonly answer: Answer;
  left: number;
}

const MAX_BEHAVIOURS = 1000;

/** Nothing is asked for at first. */
export function createBehaviours(): Behaviours {
  let active: Active[] = [];
  return {
    add(behaviour) {
      const scenario = findScenario(behaviour.scenario);
      if (scenario === undefined) {
        throw new Error(`There is no scenario ${behaviour.scenario}; GET /scenarios lists them.`);
      }
      const { stage, answer } = scenario;
      const left = behaviour.times ?? Number.POSITIVE_INFINITY;
      active = [{ behaviour, stage, answer, left }, ...active].slice(0, MAX_BEHAVIOURS);
    },
    take(stage, concerned) {
      const found = active.find(
        (each) => each.stage === stage && each.left > 0 && fits(each.behaviour, concerned),
      );
      if (found !== undefined) {
        found.left -= 1;
        if (found.left <= 0) active = active.filter((each) => each !== found);
        return found.answer;
      }
      for (const address of [...concerned.senders, ...(concerned.recipients ?? [])]) {
        const scenario = scenarioOfAddress(address);
        if (scenario?.stage === stage) return scenario.answer;
      }
      return undefined;
    },
    list: () =>
      active.map(({ behaviour, left }) =>
        Number.isFinite(left) ? { ...behaviour, times: left } : behaviour,
      ),
    clear() {
      active = [];
    },
  };
}

function fits({ sender, recipient }: Behaviour, { senders, recipients = [] }: Concerned): boolean {
  return (
    (sender === undefined || has(senders, sender)) && (recipient === undefined || has(recipients, recipient))
  );
}

function has(list: readonly string[], wanted: string): boolean {
  return list.some((each) => each.toLowerCase() === wanted.toLowerCase());
}
