import type { FailureFacts } from '../failures/failure-facts.ts';
import type { Grant } from '../provider.ts';
import { exchange, type Wire } from './exchange.ts';
import { factsOf, type ProviderParts } from './provider-parts.ts';
import { readGrant } from './token-answer.ts';

/** One exchange that ends with tokens; `more` is known of it before it begins. Rejects with ProviderFailure only. */
export function askForGrant(
  parts: ProviderParts,
  talk: (wire: Wire) => Promise<unknown>,
  more: Partial<FailureFacts> = {},
): Promise<Grant> {
  return exchange(parts, { ...factsOf(parts), ...more }, (answer) => readGrant(answer, parts.clock), talk);
}
