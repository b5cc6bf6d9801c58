/**
 * What an administrator does in a provider's portal before an upstream can work, in order: keys for the page's words, the page of the
 * portal, values to copy. Sources: Microsoft Learn, "Authenticate an IMAP, POP or SMTP connection using OAuth", "Register an
 * application", "Role Based Access Control for Applications in Exchange Online"; Google, "Manage OAuth Clients", "Control API access with
 * domain-wide delegation"; AWS, "Using the Amazon SES SMTP interface". Pure.
 */
import { GOOGLE, MICROSOFT_CLOUDS } from '../oauth/endpoints.ts';
import type { OAuth2Settings } from '../settings/schema-oauth2.ts';
import type { PortalStep, Way } from './contract-configuration.ts';

type Flow = OAuth2Settings['flow'];

const REDIRECT = '{redirectUri}';
const CONSOLE = 'https://console.cloud.google.com';

const step = (key: PortalStep['key'], link?: string, copy?: readonly string[]): PortalStep => ({
  key,
  ...(link === undefined ? {} : { link }),
  ...(copy === undefined ? {} : { copy }),
});

const SIGN_IN = step('sign-in');

/** For an application registered in Entra ID. */
export function microsoftSteps(
  kind: 'smtp' | 'graph',
  flow: Flow,
  cloud: OAuth2Settings['cloud'],
): readonly PortalStep[] {
  const { portal } = MICROSOFT_CLOUDS[cloud];
  const registrations = `${portal}/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade`;
  const application = flow === 'client-credentials';
  const register =
    flow === 'authorization-code'
      ? step('ms-register', registrations, [REDIRECT])
      : step('ms-register-plain', registrations);
  const smtpAuth = step('ms-smtp-auth', 'https://admin.microsoft.com/#/users', [
    'Set-CASMailbox -Identity {mailbox} -SmtpClientAuthenticationDisabled $false',
  ]);
  const begin = [
    register,
    step('ms-ids'),
    ...(flow === 'device-code' ? [step('ms-public-client')] : [step('ms-secret')]),
  ];
  if (!application) {
    const permission =
      kind === 'smtp'
        ? step('ms-permission-smtp', undefined, ['SMTP.Send', 'offline_access'])
        : step('ms-permission-graph', undefined, ['Mail.Send', 'offline_access']);
    return [...begin, permission, ...(kind === 'smtp' ? [smtpAuth] : []), SIGN_IN];
  }
  const principal = 'New-ServicePrincipal -AppId {clientId} -ObjectId OBJECT-ID';
  if (kind === 'smtp') {
    return [
      ...begin,
      step('ms-permission-smtp-app', undefined, ['SMTP.SendAsApp']),
      step('ms-admin-consent'),
      step('ms-mailbox-grant', undefined, [
        'Connect-ExchangeOnline',
        principal,
        'Add-MailboxPermission -Identity {mailbox} -User OBJECT-ID -AccessRights FullAccess',
      ]),
      smtpAuth,
    ];
  }
  return [
    ...begin,
    step('ms-permission-graph-app', undefined, ['Mail.Send']),
    step('ms-admin-consent'),
    step('ms-mailbox-scope', undefined, [
      'Connect-ExchangeOnline',
      principal,
      'New-ManagementScope -Name "Postern" -RecipientRestrictionFilter "PrimarySmtpAddress -eq \'{mailbox}\'"',
      'New-ManagementRoleAssignment -App OBJECT-ID -Role "Application Mail.Send" -CustomResourceScope "Postern"',
    ]),
  ];
}

/** For a file of an OAuth client, or for a service account; only `workspace` has an audience of its own. */
export function googleSteps(
  kind: 'smtp' | 'gmail',
  flow: Flow,
  scopes: string,
  workspace: boolean,
): readonly PortalStep[] {
  const begin = [
    step('google-project', `${CONSOLE}/projectcreate`),
    step('google-api', `${CONSOLE}/apis/library/${new URL(GOOGLE.api).hostname}`),
  ];
  if (flow === 'service-account') {
    return [
      ...begin,
      step('google-service-account', `${CONSOLE}/iam-admin/serviceaccounts`),
      step('google-key'),
      step('google-delegation', 'https://admin.google.com/ac/owl/domainwidedelegation', [
        '{serviceAccountId}',
        scopes,
      ]),
    ];
  }
  return [
    // SMTP takes the token without the API being switched on.
    ...(kind === 'gmail' ? begin : begin.slice(0, 1)),
    step(workspace ? 'google-audience-internal' : 'google-audience-external', `${CONSOLE}/auth/audience`),
    step('google-scope', `${CONSOLE}/auth/scopes`, [scopes]),
    step('google-client', `${CONSOLE}/auth/clients/create`, [REDIRECT]),
    step('google-json'),
    SIGN_IN,
  ];
}

export const GOOGLE_PASSWORD_STEPS: readonly PortalStep[] = [
  step('google-two-step', 'https://myaccount.google.com/signinoptions/twosv'),
  step('google-app-password', 'https://myaccount.google.com/apppasswords'),
];

export const SES_STEPS: readonly PortalStep[] = [
  step('ses-identity', 'https://console.aws.amazon.com/ses/home#/identities'),
  step('ses-credentials', 'https://console.aws.amazon.com/ses/home#/smtp'),
  step('ses-production', 'https://console.aws.amazon.com/ses/home#/account'),
];

/** For any server that is none of the known ones. */
export function otherSteps(type: Way['type'], flow?: Flow): readonly PortalStep[] {
  if (type === 'none') return [step('smtp-allow')];
  if (type === 'password') return [step('smtp-account')];
  const register =
    flow === 'authorization-code' ? step('oauth-register', undefined, [REDIRECT]) : step('oauth-register');
  return [register, step('oauth-endpoints'), ...(flow === 'client-credentials' ? [] : [SIGN_IN])];
}
