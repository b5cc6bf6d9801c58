/** The names of the contract's schemas in the description of the API: those of their exports, without the word schema. */
import { z } from 'zod';
import * as general from './contract.ts';
import * as access from './contract-access.ts';
import * as attention from './contract-attention.ts';
import * as authorizations from './contract-authorizations.ts';
import * as certificates from './contract-certificates.ts';
import * as configuration from './contract-configuration.ts';
import * as messages from './contract-messages.ts';
import * as overview from './contract-overview.ts';
import * as settings from './contract-settings.ts';
import * as verify from './contract-verify.ts';

/** Every part of the contract; a test holds the list against the files. */
const CONTRACT: readonly Readonly<Record<string, unknown>>[] = [
  general,
  access,
  attention,
  authorizations,
  certificates,
  configuration,
  messages,
  overview,
  settings,
  verify,
];

/** `Message` for `messageSchema`. Throws where two would have the same name. */
export function namedSchemas(): ReadonlyMap<z.ZodType, string> {
  const named = new Map<z.ZodType, string>();
  const taken = new Set<string>();
  for (const [key, value] of CONTRACT.flatMap((part) => Object.entries(part))) {
    if (!(value instanceof z.ZodType) || named.has(value)) continue;
    const name = key.replace(/^./, (first) => first.toUpperCase()).replace(/Schema$/, '');
    if (taken.has(name)) throw new Error(`Two schemas of the contract are called ${name}.`);
    taken.add(name);
    named.set(value, name);
  }
  return named;
}
