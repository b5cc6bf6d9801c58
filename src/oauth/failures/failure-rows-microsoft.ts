import {
  accountText,
  adminConsentPage,
  applicationPage,
  clientIdOf,
  type FailureRow,
  redirectUris,
  scopesText,
  signInAgain,
  tenantOf,
} from './failure-facts.ts';

/** AADSTS codes that administrators meet. Source: Microsoft, "Microsoft Entra authentication and authorization error codes". */
export const MICROSOFT_ROWS: readonly FailureRow[] = [
  {
    aadsts: [7000222],
    reason: 'authentication',
    says: () => 'The client secret has expired.',
    remedy: (facts) =>
      `Make a new client secret at ${applicationPage(facts, 'Credentials')} and write its Value as clientSecret of upstream ${facts.upstream}, its day of expiry as clientSecretExpires.`,
  },
  {
    aadsts: [7000215, 7000216, 70002],
    reason: 'authentication',
    says: () => 'The client secret is wrong.',
    remedy: (facts) =>
      `Write the secret's Value as clientSecret, not its Secret ID; the Value is shown only once, so make a new one at ${applicationPage(facts, 'Credentials')} where it was not kept.`,
  },
  {
    aadsts: [7000218],
    reason: 'configuration',
    says: () => 'The application wants a client secret, or is not allowed to do without one.',
    remedy: (facts) =>
      `Write clientSecret for upstream ${facts.upstream}, or switch on "Allow public client flows" at ${applicationPage(facts, 'Authentication')}.`,
  },
  {
    aadsts: [700025],
    reason: 'configuration',
    says: () => 'The application is registered as a public client, which must not send a secret.',
    remedy: (facts) =>
      `Leave out clientSecret of upstream ${facts.upstream}, or register the redirect URI under the platform Web at ${applicationPage(facts, 'Authentication')}.`,
  },
  {
    aadsts: [700027],
    reason: 'authentication',
    says: () => 'The client certificate is not registered with the application, or it has expired.',
    remedy: (facts) =>
      `Upload the certificate of clientCertificate at ${applicationPage(facts, 'Credentials')} under Certificates, and compare its thumbprint.`,
  },
  {
    aadsts: [700024],
    reason: 'authentication',
    says: () => 'The signed proof of the application is outside its time of validity.',
    remedy: () =>
      'Set the clock of this machine (compare with "date -u"); with clientAssertion, let its issuer write a fresh token.',
  },
  {
    aadsts: [700021, 700211, 700212, 700213, 700222, 7002131, 7002381],
    reason: 'authentication',
    says: () => 'No federated credential of the application fits the client assertion.',
    remedy: (facts) =>
      `Compare issuer, subject and audience of the assertion with the federated credential at ${applicationPage(facts, 'Credentials')}.`,
  },
  {
    aadsts: [700016, 70001],
    reason: 'configuration',
    says: (facts) => `The application ${clientIdOf(facts)} is not known in the tenant ${tenantOf(facts)}.`,
    remedy: (facts) =>
      `Compare clientId and tenantId of upstream ${facts.upstream} with "Application (client) ID" and "Directory (tenant) ID" at ${applicationPage(facts, 'Overview')}.`,
  },
  {
    aadsts: [7000112],
    reason: 'configuration',
    says: () => 'The application is disabled in the tenant.',
    remedy: (facts) =>
      `Run: Update-MgServicePrincipal -ServicePrincipalId (Get-MgServicePrincipal -Filter "appId eq '${clientIdOf(facts)}'").Id -AccountEnabled:$true`,
  },
  {
    aadsts: [90002, 900023],
    reason: 'configuration',
    says: (facts) => `There is no tenant ${tenantOf(facts)} in this cloud.`,
    remedy: (facts) =>
      `Write the "Directory (tenant) ID" as tenantId of upstream ${facts.upstream}, or another cloud (now: ${facts.settings.cloud}).`,
  },
  {
    aadsts: [900382, 900383, 900384],
    reason: 'configuration',
    says: (facts) => `The tenant is not in the cloud ${facts.settings.cloud}.`,
    remedy: (facts) =>
      `Write cloud: global, us-government, us-government-dod or china for upstream ${facts.upstream}, and leave out typed endpoints of another cloud.`,
  },
  {
    aadsts: [50194, 50059, 50128],
    reason: 'configuration',
    says: (facts) => `The tenant ${tenantOf(facts)} cannot be used with this application.`,
    remedy: (facts) =>
      `The application is of one tenant only: write its "Directory (tenant) ID" from ${applicationPage(facts, 'Overview')} as tenantId, or endpoints with it, not /common.`,
  },
  {
    text: /\/common\b.{0,80}not supported|tenant-specific endpoint/i,
    reason: 'configuration',
    says: () => 'The endpoint /common cannot be used with this application.',
    remedy: (facts) =>
      `Write the "Directory (tenant) ID" from ${applicationPage(facts, 'Overview')} as tenantId, or endpoints with it.`,
  },
  {
    aadsts: [700082],
    reason: 'authentication',
    final: true,
    says: () => 'The sign-in has expired: it was not used for 90 days.',
    remedy: (facts) => `An account has to ${signInAgain(facts)}.`,
  },
  {
    aadsts: [70043, 70044],
    reason: 'authentication',
    final: true,
    says: () => 'The sign-in has expired: a policy of the tenant wants a new one (sign-in frequency).',
    remedy: (facts) =>
      `Leave ${accountText(facts)} out of the sign-in frequency policy (Conditional Access, Session), then ${signInAgain(facts)}.`,
  },
  {
    aadsts: [50173, 50132, 50133],
    reason: 'authentication',
    final: true,
    says: (facts) =>
      `The sign-in is void: the password of ${accountText(facts)} was changed, or its sessions were revoked.`,
    remedy: (facts) => `An account has to ${signInAgain(facts)}.`,
  },
  {
    aadsts: [54005],
    reason: 'authentication',
    final: true,
    says: () => 'This sign-in was already redeemed.',
    remedy: (facts) => `Start anew, once: ${signInAgain(facts)}.`,
  },
  {
    aadsts: [70008, 700084, 70000, 50089],
    reason: 'authentication',
    final: true,
    says: () => 'The sign-in has expired or was revoked.',
    remedy: (facts) => `An account has to ${signInAgain(facts)}.`,
  },
  {
    aadsts: [70019, 70020, 70018],
    reason: 'authentication',
    final: true,
    says: () => 'The code was typed wrong, or not in time.',
    remedy: (facts) => `Get a new code: ${signInAgain(facts)}.`,
  },
  {
    aadsts: [50076, 50079, 50072, 50074, 50078],
    reason: 'authentication',
    final: true,
    says: (facts) => `The tenant asks ${accountText(facts)} for a second factor.`,
    remedy: (facts) =>
      `With the second factor at hand, ${signInAgain(facts)}; or use flow: client-credentials, which needs no person.`,
  },
  {
    aadsts: [53003, 53004, 53000, 53001, 53002, 50097, 50005, 530032, 530034, 530035],
    reason: 'configuration',
    says: (facts) => `A Conditional Access policy of the tenant blocks ${accountText(facts)}.`,
    remedy: (facts) =>
      `Find the policy at ${applicationPage(facts, 'Overview').split('/#')[0]}/#view/Microsoft_AAD_IAM/SignInEventsV3Blade (Sign-in logs, Conditional Access) and leave this account or this machine's address out of it, then ${signInAgain(facts)}.`,
  },
  {
    aadsts: [50126],
    reason: 'authentication',
    final: true,
    says: (facts) => `User name or password of ${accountText(facts)} is wrong.`,
    remedy: (facts) => `With the right password, ${signInAgain(facts)}.`,
  },
  {
    aadsts: [50034, 50020, 16000, 51004],
    reason: 'authentication',
    says: (facts) => `There is no account ${accountText(facts)} in the tenant ${tenantOf(facts)}.`,
    remedy: (facts) =>
      `Compare email and tenantId of upstream ${facts.upstream}, then with an account of this tenant ${signInAgain(facts)}.`,
  },
  {
    aadsts: [50057, 50053, 50055, 50144, 50056],
    reason: 'authentication',
    says: (facts) => `${accountText(facts)} is disabled or locked, or its password has expired.`,
    remedy: (facts) => `Enable the account or set its password, then ${signInAgain(facts)}.`,
  },
  {
    aadsts: [50105],
    reason: 'configuration',
    says: (facts) => `${accountText(facts)} is not assigned to the application.`,
    remedy: (facts) =>
      `Under Enterprise applications, Users and groups, assign ${accountText(facts)} to the application ${clientIdOf(facts)}, or switch "Assignment required" off.`,
  },
  {
    aadsts: [65001, 90094, 90008, 90093, 65005, 650056, 650057, 650052, 650053, 28002, 28003],
    reason: 'configuration',
    says: (facts) => `Nobody has consented to what the application asks for (${scopesText(facts)}).`,
    remedy: (facts) =>
      `Add the permission at ${applicationPage(facts, 'CallAnAPI')} and let an administrator consent at ${adminConsentPage(facts)}.`,
  },
  {
    aadsts: [65004],
    reason: 'authentication',
    final: true,
    says: () => 'Consent was declined.',
    remedy: (facts) =>
      `Accept the permissions: ${signInAgain(facts)}; or let an administrator consent at ${adminConsentPage(facts)}.`,
  },
  {
    aadsts: [50011, 500112, 900971],
    reason: 'configuration',
    final: true,
    says: () => 'The redirect URI is not registered with the application.',
    remedy: (facts) =>
      `Register exactly ${redirectUris(facts)} under the platform Web at ${applicationPage(facts, 'Authentication')}; it begins with the accessUrl of the settings.`,
  },
  {
    aadsts: [9002326, 9002327],
    reason: 'configuration',
    final: true,
    says: () => 'The redirect URI is registered for a single-page application.',
    remedy: (facts) =>
      `Remove ${redirectUris(facts)} from that platform and add it under Web at ${applicationPage(facts, 'Authentication')}.`,
  },
  {
    aadsts: [70011, 1002012, 28000],
    reason: 'configuration',
    says: (facts) => `The scopes are not valid: ${scopesText(facts)}.`,
    remedy: (facts) =>
      facts.settings.flow === 'client-credentials'
        ? `Leave out scopes of upstream ${facts.upstream}; an application asks for one that ends in /.default, such as https://outlook.office365.com/.default.`
        : `Leave out scopes of upstream ${facts.upstream}, or write https://outlook.office.com/SMTP.Send offline_access.`,
  },
  {
    aadsts: [500011, 500014, 50001, 650058],
    reason: 'configuration',
    says: (facts) =>
      `The tenant ${tenantOf(facts)} does not know the service in the scopes (${scopesText(facts)}).`,
    remedy: (facts) =>
      `Leave out scopes of upstream ${facts.upstream}, compare its cloud (now: ${facts.settings.cloud}), and see that the tenant has Exchange Online.`,
  },
  {
    aadsts: [50196],
    reason: 'throttled',
    says: () => 'Microsoft found too many token requests in a row and pauses them.',
    remedy: () => 'Nothing to do; see that no other program uses the same application in a loop.',
  },
  {
    aadsts: [90033, 90024, 90025, 90006, 90036, 90040, 130004],
    reason: 'unreachable',
    says: () => 'Microsoft has a passing fault and cannot give a token.',
    remedy: () => 'Nothing to do; it is tried again. Should it last: https://status.cloud.microsoft.',
  },
];
