import type { portal as en } from '../en/portal.ts';
import type { Translated } from '../messages.ts';

/** What is to be done in the portals of providers; the names of menus are those of the portals in English, which all of them have. */
export const portal: Translated<typeof en> = {
  'step-ms-register':
    'Entra Admin Center → App registrations → New registration. Name „Postern“, „Accounts in this organizational directory only“; unter „Redirect URI“ „Web“ wählen und eintragen:',
  'step-ms-register-plain':
    'Entra Admin Center → App registrations → New registration. Name „Postern“, „Accounts in this organizational directory only“; „Redirect URI“ bleibt leer.',
  'step-ms-ids':
    'Aus „Overview“ der App „Application (client) ID“ und „Directory (tenant) ID“ in das Formular übertragen.',
  'step-ms-secret':
    'Certificates & secrets → Client secrets → New client secret. Gleich den „Value“ kopieren (nicht die „Secret ID“), dazu das Ablaufdatum.',
  'step-ms-public-client': 'Authentication → Settings → „Allow public client flows“ auf „Yes“, dann „Save“.',
  'step-ms-permission-smtp':
    'API permissions → Add a permission → Microsoft Graph → Delegated permissions. Diese beiden ankreuzen, dann „Add permissions“:',
  'step-ms-permission-smtp-app':
    'API permissions → Add a permission → APIs my organization uses → „Office 365 Exchange Online“ → Application permissions. Ankreuzen:',
  'step-ms-permission-graph':
    'API permissions → Add a permission → Microsoft Graph → Delegated permissions. Diese beiden ankreuzen, dann „Add permissions“:',
  'step-ms-permission-graph-app':
    'Für nur ein Postfach diesen und den nächsten Schritt überspringen, der letzte genügt. Für alle Postfächer: API permissions → Add a permission → Microsoft Graph → Application permissions. Ankreuzen:',
  'step-ms-admin-consent': 'API permissions → „Grant admin consent for …“.',
  'step-ms-mailbox-grant':
    'Der App das Postfach freigeben, in der Exchange-Online-PowerShell. OBJECT-ID ist die „Object ID“ unter Entra → Enterprise applications → Postern (nicht die unter App registrations):',
  'step-ms-mailbox-scope':
    'Der App nur dieses Postfach freigeben, in der Exchange-Online-PowerShell. OBJECT-ID ist die „Object ID“ unter Entra → Enterprise applications → Postern:',
  'step-ms-smtp-auth':
    'Microsoft 365 Admin Center → Users → Active users → das Postfach → Mail → Manage email apps → „Authenticated SMTP“ ankreuzen. Oder in der Exchange-Online-PowerShell:',
  'step-google-project': 'Google-Cloud-Konsole → ein Projekt anlegen, zum Beispiel „Postern“, und auswählen.',
  'step-google-api': 'APIs & Services → Library → „Gmail API“ → Enable.',
  'step-google-audience-internal': 'Google Auth Platform → Audience → User type „Internal“.',
  'step-google-audience-external':
    'Google Auth Platform → Audience → User type „External“, dann „Publish app“. Solange dort „Testing“ steht, beendet Google jede Anmeldung nach 7 Tagen.',
  'step-google-scope':
    'Google Auth Platform → Data Access → Add or remove scopes → unter „Manually add scopes“ eintragen:',
  'step-google-client':
    'Google Auth Platform → Clients → Create client → „Web application“. Unter „Authorized redirect URIs“ eintragen:',
  'step-google-json': '„Download JSON“, und die Datei im Formular ablegen.',
  'step-google-service-account':
    'IAM & Admin → Service Accounts → Create service account. Es braucht keine Rolle.',
  'step-google-key':
    'Das Dienstkonto → Keys → Add key → Create new key → JSON. Die Datei im Formular ablegen.',
  'step-google-delegation':
    'Google Admin-Konsole → Security → Access and data control → API controls → Manage Domain Wide Delegation → Add new. Client ID („Unique ID“ des Dienstkontos) und Scope:',
  'step-google-two-step': 'Im Google-Konto die Bestätigung in zwei Schritten einschalten.',
  'step-google-app-password': 'Ein App-Passwort anlegen; seine 16 Buchstaben sind das Kennwort.',
  'step-ses-identity': 'Amazon SES → Identities → die Domain oder Adresse bestätigen, die sendet.',
  'step-ses-credentials':
    'Amazon SES → SMTP settings → Create SMTP credentials. Benutzername und Kennwort werden einmal gezeigt; es sind nicht die des Access Key. Sie gelten in dieser Region.',
  'step-ses-production':
    'Amazon SES → Account dashboard → Request production access; bis dahin geht Mail nur an bestätigte Adressen.',
  'step-smtp-account':
    'Beim Anbieter den „Postausgangsserver (SMTP)“ nachsehen: Name, Port und Verschlüsselung, und wer sich anmelden darf.',
  'step-smtp-allow': 'Auf jenem Server Mail von der Adresse dieses Rechners zulassen.',
  'step-oauth-register':
    'Beim Anbieter eine Anwendung (Client) registrieren, die für das Postfach senden darf.',
  'step-oauth-endpoints': 'Aus dessen Dokumentation die Scopes und die Adressen der Endpunkte übernehmen.',
  'step-sign-in': 'Im Formular „OAuth2-Anbieter prüfen“ wählen und mit dem Postfach anmelden.',
};
