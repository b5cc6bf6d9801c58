/*
 * Everything that a provider may answer and Postern has to understand, by name: every row of the table of upstream failures. A
 * scenario is played for a sender or recipient whose local part is `scenario+NAME`, or on demand (behaviours.ts).
 *
 * Words are those of the real servers, as their documentation and public reports give them; `{host}`, `{time}` and `{session}` are
 * filled in when it is played.
 */
import type { Scenario } from './scenario.ts';
import { apiScenarios } from './scenarios-api.ts';
import { smtpScenarios } from './scenarios-smtp.ts';
import { tokenScenarios } from './scenarios-token.ts';

export const scenarios: readonly Scenario[] = [...smtpScenarios, ...tokenScenarios, ...apiScenarios];

const byName = new Map(scenarios.map((scenario) => [scenario.name, scenario]));

/** Undefined where there is none of that name. */
export function findScenario(name: string): Scenario | undefined {
  return byName.get(name);
}

/** The scenario that an address asks for with a local part such as `scenario+mailbox-full`. */
export function scenarioOfAddress(address: string): Scenario | undefined {
  const name = /^scenario\+([a-z0-9-]+)@/i.exec(address)?.[1];
  return name === undefined ? undefined : byName.get(name.toLowerCase());
}
