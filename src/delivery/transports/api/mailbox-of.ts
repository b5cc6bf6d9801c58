import { needsConsent } from '../../../oauth/authorization-key.ts';
import { oauthOf } from '../../../oauth/authorizations.ts';
import type { GmailUpstreamSettings, GraphUpstreamSettings } from '../../../settings/schema-upstreams.ts';
import { comparable } from './fit-recipients.ts';

export type ApiUpstreamSettings = GraphUpstreamSettings | GmailUpstreamSettings;

/** The mailbox that a message is sent from. */
export interface ApiMailbox {
  /** Its address, where one is known. */
  readonly address: string | undefined;
  /** It is the sender's own (perSender). */
  readonly own: boolean;
  /** Named in the path of the request; otherwise it is that of the account that signed in. */
  readonly named: boolean;
  /** A service account needs a token for this mailbox. */
  readonly tokenMailbox?: string;
}

/**
 * The mailbox for a sender (the empty string for a report). Undefined where the upstream names none and there is no sender to
 * take one from. An application sends from the sender's mailbox with perSender, except as the address of the upstream itself.
 */
export function mailboxOf(upstream: ApiUpstreamSettings, sender: string): ApiMailbox | undefined {
  const { authentication, from } = upstream;
  if (authentication.type !== 'oauth2') return undefined;
  const { flow, email, mailbox, perSender } = authentication;
  if (isDelegated(upstream)) {
    const another =
      mailbox !== undefined && (email === undefined || comparable(mailbox) !== comparable(email));
    return { address: mailbox ?? email, own: false, named: another };
  }
  const usual = mailbox ?? email ?? from.address;
  const ofUpstream = [usual, from.address].some(
    (address) => address !== undefined && comparable(address) === comparable(sender),
  );
  // A sender without a domain is nobody's mailbox, and `..` would be a step of the path.
  const own = perSender && sender.includes('@') && !ofUpstream;
  const address = own ? sender : (usual ?? (sender === '' ? undefined : sender));
  if (address === undefined) return undefined;
  return {
    address,
    own,
    named: true,
    ...(flow === 'service-account' ? { tokenMailbox: address } : {}),
  };
}

/** Signed in for a person, not as an application. */
export function isDelegated(upstream: ApiUpstreamSettings): boolean {
  const oauth = oauthOf(upstream);
  return oauth !== undefined && needsConsent(oauth);
}
