import type { common as en } from '../en/common.ts';
import type { Translated } from '../messages.ts';

/** Words of the components, used on every page. */
export const common: Translated<typeof en> = {
  'role-administrator': 'Administrator',
  'role-operator': 'Operator',
  'role-viewer': 'Betrachter',
  optional: '(optional)',
  faults: { one: '{count} Angabe ist zu berichtigen', other: '{count} Angaben sind zu berichtigen' },
  secretSet: 'Ist gesetzt',
  secretRemoved: 'Wird beim Speichern entfernt',
  replace: 'Ersetzen',
  keep: 'Jetzigen Wert behalten',
  remove: 'Entfernen',
  copy: '{what} kopieren',
  copied: 'Kopiert',
  copyYourself: 'Markiert; mit Strg+C kopieren',
  bytes: { one: '{count} Byte', other: '{count} Byte' },
  unreachable: 'Postern ist nicht erreichbar. Vielleicht startet es gerade neu, oder das Netz ist gestört.',
  tryAgain: 'Erneut versuchen',
  selectAll: 'Alle auswählen',
  selectRow: '{name} auswählen',
  close: 'Schließen',
  cancel: 'Abbrechen',
  save: 'Speichern',
  mayNot: 'Die eigene Rolle erlaubt das nicht',
  busy: 'In Arbeit …',
  loading: 'Wird geladen …',
  none: 'Keine',
  justNow: 'gerade eben',
  soon: 'gleich',
  more: 'Mehr anzeigen',
};
