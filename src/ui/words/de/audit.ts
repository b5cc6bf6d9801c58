import type { audit as en } from '../en/audit.ts';
import type { Translated } from '../messages.ts';

/** Words of the audit page. */
export const audit: Translated<typeof en> = {
  lead: 'Wer was wann und von wo geändert hat. Einträge bleiben ein Jahr; ihre Texte sind englisch, wie im Log.',
  entries: 'Änderungen, die neuesten zuerst',
  when: 'Wann',
  who: 'Wer',
  what: 'Was',
  kind: 'Art',
  subject: 'Betrifft',
  everything: 'Alles',
  'area-settings': 'Einstellungen',
  'area-upstreams': 'Tests von Upstreams',
  'area-authorizations': 'Autorisierungen',
  'area-mail': 'Testnachrichten',
  'area-devices': 'Geräte',
  'area-messages': 'Nachrichten',
  'area-certificates': 'Zertifikate',
  'area-user': 'Benutzer und Anmeldungen',
  'area-token': 'API-Tokens',
  'area-setup': 'Einrichtungslinks',
  'area-backup': 'Sicherungen',
  nobody: 'nicht angemeldet',
  token: 'API-Token',
  machine: 'lokal',
  from: 'von {address}',
  differences: { one: '{count} Unterschied', other: '{count} Unterschiede' },
  before: 'Vorher:',
  after: 'Nachher:',
  nothing: 'nichts',
  none: 'Noch wurde nichts geändert',
  noneHow:
    'Änderungen der Einstellungen, Anmeldungen und Eingriffe bei Nachrichten, Geräten und Zertifikaten werden hier aufgeführt.',
  noMatch: 'Kein Eintrag passt',
  noMatchWhy: 'Ein Teil des Namens genügt; Groß- und Kleinschreibung spielt keine Rolle.',
  showAll: 'Alle zeigen',
};
