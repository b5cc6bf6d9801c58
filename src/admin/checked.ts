/** Holds what came in against schemas, and says every fault at once, by path. */
import type { z } from 'zod';
import { pathText } from '../settings/paths.ts';
import { type Fault, RelayError } from '../shared/errors.ts';

/** Most faults that are listed; a request of a megabyte can have very many. */
const MAX_FAULTS = 50;

/** What a request has: what is in its path, its query and its body. */
interface Parts<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

/** The parts as the schemas make them. Throws RelayError `bad-request` with the faults of all three. */
export function checked<P, Q, B>(
  schemas: Parts<z.ZodType<P>, z.ZodType<Q>, z.ZodType<B>>,
  given: Parts<unknown, unknown, unknown>,
): Parts<P, Q, B> {
  const params = schemas.params.safeParse(given.params);
  const query = schemas.query.safeParse(given.query);
  const body = schemas.body.safeParse(given.body);
  if (params.success && query.success && body.success) {
    return { params: params.data, query: query.data, body: body.data };
  }
  const faults = [params, query, body]
    .flatMap(({ error }) => error?.issues ?? [])
    .flatMap(faultsOf)
    .slice(0, MAX_FAULTS);
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
