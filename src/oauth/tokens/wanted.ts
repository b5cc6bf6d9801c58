import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import { authorizationKey, needsConsent } from '../authorization-key.ts';
import { oauthOf } from '../authorizations.ts';

/** What a token is wanted for. */
export interface Wanted {
  /** Name of the upstream. */
  readonly upstream: string;
  readonly settings: UpstreamSettings;
  /** Empty; for service accounts the mailbox, in small letters. */
  readonly subject: string;
  /** The upstream's own, not one sender's among many: its failure is the upstream's failure. */
  readonly main: boolean;
  /** authorization-key.ts */
  readonly key: string;
  /** Somebody has to consent first. */
  readonly person: boolean;
  /** All of it as one text: the same id, the same token. */
  readonly id: string;
}

/** What is wanted of this upstream, for this mailbox where it is a service account's; undefined where there is no OAuth. */
export function wantedOf(upstream: UpstreamSettings, mailbox?: string): Wanted | undefined {
  const oauth = oauthOf(upstream);
  if (oauth === undefined) return undefined;
  const forMailbox = oauth.flow === 'service-account';
  const own = forMailbox ? (oauth.mailbox ?? oauth.email ?? '').toLowerCase() : '';
  const subject = forMailbox ? (mailbox?.toLowerCase() ?? own) : '';
  const key = authorizationKey(oauth, upstream);
  return {
    upstream: upstream.name,
    settings: upstream,
    subject,
    main: subject === own,
    key,
    person: needsConsent(oauth),
    id: JSON.stringify([upstream.name, subject, key]),
  };
}
