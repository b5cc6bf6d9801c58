import { connect, type NoConnection, type SmtpAccess } from './connect.ts';
import type { UpstreamConnection } from './connection.ts';
import { openWithPassword } from './sign-in-with-password.ts';
import { openWithToken } from './sign-in-with-token.ts';

export type { NoConnection, SmtpAccess };

/**
 * Dials, encrypts and signs in, as the upstream's own account or (with a token of an application) as `mailbox`. Never throws for what
 * the network or the server does.
 */
export async function openConnection(
  access: SmtpAccess,
  signal: AbortSignal,
  mailbox?: string,
): Promise<UpstreamConnection | NoConnection> {
  const { authentication } = access.upstream;
  switch (authentication.type) {
    case 'none':
      return await connect(access, signal);
    case 'password':
      return await openWithPassword(access, authentication, signal);
    case 'oauth2':
      return await openWithToken(access, authentication, signal, mailbox);
  }
}
