/** Words of one's own profile, of the setup and of the first password in German. */
import type { profile as en } from '../en/profile.ts';
import type { Translated } from '../messages.ts';

export const profile: Translated<typeof en> = {
  title: 'Eigenes Profil',
  lead: '{name}, {role}',

  password: 'Kennwort',
  passwordLead: 'Eine Änderung beendet alle anderen eigenen Sitzungen.',
  current: 'Bisheriges Kennwort',
  currentFirst: 'Übergebenes Kennwort',
  next: 'Neues Kennwort',
  nextHint: 'Mindestens 12 Zeichen. Vier Wörter, die nicht zusammengehören, sind gut und leicht zu merken.',
  show: 'Eingabe anzeigen',
  change: 'Kennwort ändern',
  changed: 'Das Kennwort ist geändert.',

  chooseTitle: 'Kennwort wählen',
  chooseLead:
    'Das bisherige Kennwort stammt von jemand anderem. Jetzt ein eigenes wählen, das sonst niemand kennt.',
  choose: 'Kennwort setzen',

  secondFactor: 'Zweiter Faktor',
  'factor-on': 'An',
  'factor-off': 'Aus',
  factorLead:
    'Bei jeder Anmeldung ein Code aus einer Authentifizierungs-App auf dem Telefon. Wer nur das Kennwort erfährt, kann sich nicht anmelden.',
  factorSetUp: 'Einrichten',
  factorScan: 'Mit der Authentifizierungs-App scannen',
  factorScanWhy:
    'Jede App für Einmalcodes (TOTP) ist geeignet, etwa die von Microsoft, Google oder ein Kennwortmanager.',
  factorCode: 'QR-Code für eine Authentifizierungs-App',
  factorSecret: 'Oder diesen Schlüssel eintippen',
  factorConfirm: 'Danach zeigen, dass es geht',
  code: 'Code',
  codeHint: 'Die sechs Ziffern, die die App jetzt anzeigt.',
  ownPassword: 'Eigenes Kennwort',
  turnOn: 'Einschalten',
  turnedOn: 'Der zweite Faktor ist an. Die anderen Sitzungen sind beendet.',
  turnOff: 'Ausschalten',
  turnOffLead: 'Danach genügt das Kennwort allein.',
  turnedOff: 'Der zweite Faktor ist aus.',

  sessions: 'Sitzungen',
  sessionsLead:
    'Wo dieses Konto angemeldet ist. Eine Sitzung endet nach einer Stunde ohne Eingabe, und in jedem Fall nach 12 Stunden.',
  browser: 'Browser',
  browserOn: '{browser} unter {system}',
  unknownBrowser: 'Unbekannter Browser',
  this: 'diese',
  address: 'Adresse',
  began: 'Angemeldet',
  seen: 'Zuletzt benutzt',
  end: 'Beenden',
  endOf: 'Die Sitzung von {browser} mit der Adresse {address} beenden',
  ended: 'Beendet',
  endOthers: 'Überall sonst abmelden',
  endOthersAsk: 'Alle Sitzungen außer dieser beenden?',
  endedOthers: { one: '{count} Sitzung wurde beendet.', other: '{count} Sitzungen wurden beendet.' },

  setupTitle: 'Postern einrichten',
  setupLead:
    'Hier entsteht der Administrator dieses Postern. Weitere Personen kommen später unter „Benutzer und Tokens“ dazu.',
  setupName: 'Benutzername',
  setupEmail: 'E-Mail-Adresse',
  setupPassword: 'Kennwort',
  setup: 'Administrator anlegen',
  noToken: 'Dieser Link ist nicht vollständig',
  noTokenWhy:
    'Den ganzen Einrichtungslink öffnen, mit allem hinter dem #. Er wurde beim Start von Postern ausgegeben und steht in der Datei setup.link des Datenverzeichnisses; „scripts/postern setup-link“ erzeugt einen neuen.',
  toSignIn: 'Zur Anmeldung',
};
