import { RelayError } from '../../shared/errors.ts';
import { ProviderFailure } from '../provider.ts';

/** For whoever asked: what a provider refused, as an error that may be shown. Other errors go through as they are. */
export function asRelayError(error: unknown): never {
  if (!(error instanceof ProviderFailure)) throw error;
  const { text, remedy } = error.problem;
  throw new RelayError('not-allowed', text, {
    cause: error,
    ...(remedy === undefined ? {} : { hint: remedy }),
  });
}
