import type { Permission } from '../../../access/permissions.ts';
import type { PlainKey } from '../../words/words.ts';

/** What each permission is called; the compiler says when one is missing. */
export const SCOPE_WORDS: Readonly<Record<Permission, PlainKey>> = {
  'status.read': 'users.scope-status-read',
  'messages.read': 'users.scope-messages-read',
  'messages.content': 'users.scope-messages-content',
  'messages.act': 'users.scope-messages-act',
  'mail.send': 'users.scope-mail-send',
  'devices.read': 'users.scope-devices-read',
  'devices.allow': 'users.scope-devices-allow',
  'settings.read': 'users.scope-settings-read',
  'settings.write': 'users.scope-settings-write',
  'settings.machine-secrets': 'users.scope-machine-secrets',
  'upstreams.verify': 'users.scope-upstreams-verify',
  'authorizations.manage': 'users.scope-authorizations-manage',
  'certificates.read': 'users.scope-certificates-read',
  'certificates.write': 'users.scope-certificates-write',
  'access.manage': 'users.scope-access-manage',
  'audit.read': 'users.scope-audit-read',
  'backup.make': 'users.scope-backup-make',
};
