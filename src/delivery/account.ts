import { oauthOf } from '../oauth/authorizations.ts';
import type { SmtpUpstreamSettings, UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { ClassificationContext } from './classify.ts';

/** The name that Postern signs in with: a password's user, or the mailbox behind a token. */
export function accountOf(upstream: UpstreamSettings): string | undefined {
  if (!('authentication' in upstream)) return undefined;
  const { authentication } = upstream;
  if (authentication.type === 'password') return authentication.user;
  return authentication.type === 'oauth2' ? (authentication.mailbox ?? authentication.email) : undefined;
}

/** What the words about a refusal are made from; `user` is another than the upstream's where mail goes out of the sender's mailbox. */
export function classificationContext(
  upstream: SmtpUpstreamSettings,
  user = accountOf(upstream),
): ClassificationContext {
  const oauth = oauthOf(upstream);
  return {
    upstream: upstream.name,
    host: upstream.host,
    ...(user === undefined ? {} : { user }),
    ...(oauth === undefined
      ? {}
      : {
          oauth: {
            provider: oauth.provider,
            flow: oauth.flow,
            ...(oauth.clientId === undefined ? {} : { clientId: oauth.clientId }),
            ...(oauth.tenantId === undefined ? {} : { tenantId: oauth.tenantId }),
            ...(oauth.mailbox === undefined ? {} : { mailbox: oauth.mailbox }),
          },
        }),
  };
}
