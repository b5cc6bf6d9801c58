/** Holds what came in against a schema, and says every fault at once, by path. */
import type { z } from 'zod';
import { pathText } from '../settings/paths.ts';
import { type Fault, RelayError } from '../shared/errors.ts';

/** Most faults that are listed; a request of a megabyte can have very many. */
const MAX_FAULTS = 50;

/** The value as the schema makes it. Throws RelayError `bad-request` with all faults. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap(faultsOf).slice(0, MAX_FAULTS);
  const first = faults[0];
  const message = first
    ? `${first.path === '' ? 'the request' : first.path} ${first.message}`
    : 'the request is wrong';
  throw new RelayError('bad-request', message, { faults });
}

function faultsOf(issue: z.core.$ZodIssue): readonly Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'is not known here' }));
  }
  return [{ path: pathText(issue.path), message: issue.message }];
}
