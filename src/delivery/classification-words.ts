import { isApplicationFlow } from '../settings/oauth-flow.ts';
import type { ClassificationContext, OAuthFacts, UpstreamVerdict } from './classify.ts';

/** Words of a verdict, or how they are made. */
export type Sentence = string | ((context: ClassificationContext) => string);

/** A fact about the upstream. */
export function unavailable(
  reason: UpstreamVerdict['reason'],
  text: Sentence,
  remedy: Sentence,
  more: Pick<UpstreamVerdict, 'retryAfter' | 'credentialsFine'> = {},
): (context: ClassificationContext) => UpstreamVerdict {
  return (context) => ({
    kind: 'unavailable',
    reason,
    text: say(text, context),
    remedy: say(remedy, context),
    ...more,
  });
}

function say(sentence: Sentence, context: ClassificationContext): string {
  return typeof sentence === 'string' ? sentence : sentence(context);
}

/** Begins the remedy for a sender that is refused; what allows the sender at the provider goes behind it. */
export function rewriteOr(upstream: string): string {
  return `Set from.address and from.rewrite: if-refused of the upstream ${upstream}, or `;
}

/** Stands for the sender in commands of remedies. */
export const ANY_SENDER = 'SENDER';

/** The mailbox that sends. */
export function mailboxOf({ oauth, user }: ClassificationContext): string {
  return user ?? oauth?.mailbox ?? 'MAILBOX';
}

/** No person has signed in: the application acts for mailboxes that it was granted. */
export function isApplication(oauth: OAuthFacts | undefined): boolean {
  return oauth !== undefined && isApplicationFlow(oauth.flow);
}

/** How an administrator of Exchange Online grants an application a mailbox (Microsoft Learn, "Authenticate an IMAP, POP or SMTP connection using OAuth"). */
export function grantInExchange(context: ClassificationContext): string {
  const { oauth } = context;
  return (
    `New-ServicePrincipal -AppId ${oauth?.clientId ?? 'CLIENT-ID'} -ObjectId OBJECT-ID; ` +
    `Add-MailboxPermission -Identity ${mailboxOf(context)} -User OBJECT-ID -AccessRights FullAccess ` +
    '(OBJECT-ID is the one that Entra shows under Enterprise applications, not under App registrations)'
  );
}
