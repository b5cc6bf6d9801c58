import { verifyCommand } from '../shared/own-commands.ts';
import { mailboxOf, unavailable } from './classification-words.ts';
import type { ClassificationContext, ClassificationRule, Stage } from './classify.ts';
import { tokenRemedy } from './token-remedy.ts';

/** Where a message or recipient is refused, as opposed to the connection. */
const MESSAGE: readonly Stage[] = ['mail', 'rcpt', 'data', 'final'];
const ANY_AUTHENTICATION: readonly Stage[] = ['auth', ...MESSAGE];

const useOauth = unavailable(
  'authentication',
  ({ host }) => `${host} does not take passwords any more.`,
  ({ upstream }) => `Set authentication of the upstream ${upstream} to type oauth2.`,
  { credentialsFine: true },
);

const wantsSignIn = unavailable(
  'authentication',
  ({ host }) => `${host} wants Postern to sign in first.`,
  ({ upstream, user }) =>
    user === undefined
      ? `Set authentication of the upstream ${upstream}.`
      : `The server has forgotten that Postern signed in; check host, port and authentication of the upstream ${upstream}: ${verifyCommand(upstream)}`,
);

const checkPassword = (context: ClassificationContext): string =>
  'Check that user name and password belong to the same mailbox, tenant and cloud, and that SMTP AUTH is on: ' +
  `Get-CASMailbox -Identity ${mailboxOf(context)} | Format-List SmtpClientAuthenticationDisabled`;

/** The replies that are about signing in, from public documentation of Microsoft Exchange Online and Gmail. Read from the top. */
export const signInRules: readonly ClassificationRule[] = [
  // Gmail: the user of a service account is the mailbox that it sends for.
  {
    stages: ['auth'],
    user: /\.iam\.gserviceaccount\.com$/i,
    verdict: unavailable(
      'authentication',
      (context) => `${mailboxOf(context)} is a service account, which has no mailbox.`,
      ({ upstream, oauth }) =>
        `Set ${oauth ? 'authentication.mailbox' : 'the user'} of the upstream ${upstream} to the mailbox that sends, such as relay@example.com; the service account only signs for it.`,
      { credentialsFine: true },
    ),
  },
  {
    stages: ANY_AUTHENTICATION,
    text: /SmtpClientAuthentication is disabled/i,
    verdict: unavailable(
      'authentication',
      'SMTP AUTH is switched off in Exchange for this mailbox or for the whole tenant.',
      (context) =>
        `In Exchange Online PowerShell: Set-CASMailbox -Identity ${mailboxOf(context)} -SmtpClientAuthenticationDisabled $false ` +
        '(for the tenant: Set-TransportConfig -SmtpClientAuthenticationDisabled $false). ' +
        'Or send over Microsoft Graph: add an upstream of kind graph and name it as fallback.',
      { credentialsFine: true },
    ),
  },
  {
    stages: ANY_AUTHENTICATION,
    text: /basic auth(?:entication)? is (?:disabled|not supported)/i,
    verdict: useOauth,
  },
  // Behind a recipient it means that REQUIRETLS cannot be kept (RFC 8689 section 5).
  { stages: ['auth', 'mail'], enhanced: ['5.7.30'], verdict: useOauth },
  {
    stages: ANY_AUTHENTICATION,
    text: /token will expire soon/i,
    verdict: unavailable(
      'authentication',
      'The access token runs out within the next ten minutes, and the renewed one did as well.',
      'Let the provider give tokens that live for 15 minutes or longer, and check the clock of this machine.',
    ),
  },
  // The JSON of a 334 (XOAUTH2, RFC 7628 section 3.2.2) stands behind the refusal.
  {
    stages: ['auth'],
    text: /"status"\s*:\s*"/,
    verdict: unavailable(
      'authentication',
      ({ host }) => `${host} does not take the access token.`,
      tokenRemedy,
    ),
  },
  {
    stages: ['auth'],
    codes: [535],
    enhanced: ['5.7.3', '5.7.139'],
    verdict: unavailable(
      'authentication',
      ({ host, user }) => `${host} did not let Postern sign in as ${user ?? 'the user'}.`,
      (context) => (context.oauth ? tokenRemedy(context) : checkPassword(context)),
    ),
  },
  { stages: MESSAGE, enhanced: ['5.7.57'], verdict: wantsSignIn },
  {
    stages: MESSAGE,
    codes: [530, 538],
    text: /STARTTLS|encrypt|TLS/i,
    verdict: unavailable(
      'configuration',
      ({ host }) => `${host} wants an encrypted connection.`,
      ({ upstream }) => `Set security of the upstream ${upstream} to starttls.`,
    ),
  },
  { stages: MESSAGE, codes: [530, 534, 535, 538], verdict: wantsSignIn },
];
