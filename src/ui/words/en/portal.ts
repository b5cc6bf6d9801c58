/** What is to be done in the portals of providers, with their own names of menus. */
export const portal = {
  'step-ms-register':
    'Entra admin center → App registrations → New registration. Name “Postern”, “Accounts in this organizational directory only”; under “Redirect URI” choose “Web” and enter:',
  'step-ms-register-plain':
    'Entra admin center → App registrations → New registration. Name “Postern”, “Accounts in this organizational directory only”; leave “Redirect URI” empty.',
  'step-ms-ids':
    'From the “Overview” of the app copy “Application (client) ID” and “Directory (tenant) ID” into the form.',
  'step-ms-secret':
    'Certificates & secrets → Client secrets → New client secret. Copy the “Value” at once (not the “Secret ID”), and the date on which it expires.',
  'step-ms-public-client':
    'Authentication → Settings → set “Allow public client flows” to “Yes”, then “Save”.',
  'step-ms-permission-smtp':
    'API permissions → Add a permission → Microsoft Graph → Delegated permissions. Tick these two, then “Add permissions”:',
  'step-ms-permission-smtp-app':
    'API permissions → Add a permission → APIs my organization uses → “Office 365 Exchange Online” → Application permissions. Tick:',
  'step-ms-permission-graph':
    'API permissions → Add a permission → Microsoft Graph → Delegated permissions. Tick these two, then “Add permissions”:',
  'step-ms-permission-graph-app':
    'For one mailbox only, skip this and the next step and use the last one. For every mailbox: API permissions → Add a permission → Microsoft Graph → Application permissions. Tick:',
  'step-ms-admin-consent': 'API permissions → “Grant admin consent for …”.',
  'step-ms-mailbox-grant':
    'Give the app the mailbox, in Exchange Online PowerShell. OBJECT-ID is the “Object ID” under Entra → Enterprise applications → Postern (not the one under App registrations):',
  'step-ms-mailbox-scope':
    'Give the app this mailbox only, in Exchange Online PowerShell. OBJECT-ID is the “Object ID” under Entra → Enterprise applications → Postern:',
  'step-ms-smtp-auth':
    'Microsoft 365 admin center → Users → Active users → the mailbox → Mail → Manage email apps → tick “Authenticated SMTP”. Or in Exchange Online PowerShell:',
  'step-google-project': 'Google Cloud console → create a project, for example “Postern”, and select it.',
  'step-google-api': 'APIs & Services → Library → “Gmail API” → Enable.',
  'step-google-audience-internal': 'Google Auth Platform → Audience → user type “Internal”.',
  'step-google-audience-external':
    'Google Auth Platform → Audience → user type “External”, then “Publish app”. While it says “Testing”, Google ends each sign-in after 7 days.',
  'step-google-scope':
    'Google Auth Platform → Data Access → Add or remove scopes → enter this under “Manually add scopes”:',
  'step-google-client':
    'Google Auth Platform → Clients → Create client → “Web application”. Under “Authorized redirect URIs” add:',
  'step-google-json': '“Download JSON”, and drop the file into the form.',
  'step-google-service-account': 'IAM & Admin → Service Accounts → Create service account. It needs no role.',
  'step-google-key':
    'The service account → Keys → Add key → Create new key → JSON. Drop the file into the form.',
  'step-google-delegation':
    'Google Admin console → Security → Access and data control → API controls → Manage Domain Wide Delegation → Add new. Client ID (the “Unique ID” of the service account) and scope:',
  'step-google-two-step': 'In the Google account, turn on 2-Step Verification.',
  'step-google-app-password': 'Create an app password and enter its 16 letters as the password.',
  'step-ses-identity': 'Amazon SES → Identities → verify the domain or address that sends.',
  'step-ses-credentials':
    'Amazon SES → SMTP settings → Create SMTP credentials. User name and password are shown once; they are not the access key. They belong to this region.',
  'step-ses-production':
    'Amazon SES → Account dashboard → Request production access; until then it sends to verified addresses only.',
  'step-smtp-account':
    'At the provider, find the “outgoing server (SMTP)”: its name, port and encryption, and who may sign in.',
  'step-smtp-allow': 'On that server, allow mail from the address of this machine.',
  'step-oauth-register':
    'At the provider, register an application (client) that may send mail for the mailbox.',
  'step-oauth-endpoints': 'From its documentation take the scopes and the addresses of its endpoints.',
  'step-sign-in': 'In the form, use “Verify OAuth2 provider” and sign in with the mailbox.',
} as const;
