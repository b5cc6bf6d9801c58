import type { SmtpUpstreamSettings } from '../../settings/schema-upstreams.ts';
import { accountOf } from '../account.ts';
import { UpstreamConnection } from '../transports/smtp/connection.ts';
import { openConnection } from '../transports/smtp/open-connection.ts';
import { problemOf, smtpAccess } from './smtp-access.ts';
import { type Finding, failed, ok, type Verification } from './verification.ts';

/**
 * Signs in exactly as a delivery does, second try with a fresh secret or token included. The connection is handed to `use` when there
 * is one.
 */
export async function signIn(
  run: Verification,
  upstream: SmtpUpstreamSettings,
  signal: AbortSignal,
  use: (connection: UpstreamConnection) => void,
): Promise<Finding> {
  const user = accountOf(upstream) ?? 'nobody';
  const result = await openConnection(smtpAccess(run, upstream), signal);
  if (!(result instanceof UpstreamConnection)) {
    return failed(`${upstream.host} did not let Postern in as ${user}.`, problemOf(result), {
      details: { user },
    });
  }
  if (signal.aborted) result.giveUp('was left');
  else use(result);
  return ok(`Signed in as ${user} with ${result.mechanism ?? 'AUTH'}.`, {
    details: { user, ...(result.mechanism === undefined ? {} : { mechanism: result.mechanism }) },
  });
}
