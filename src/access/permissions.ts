/**
 * What somebody may do. Every route of the admin names one permission; people hold those of their role, API tokens those of their
 * scopes. Pure.
 */

/** Each with what it allows, as a sentence on the page begins: "May …". */
export const PERMISSIONS = {
  'status.read': 'see whether mail flows, and what needs attention',
  'messages.read': 'see the queue and what happened to each message',
  'messages.content': 'read what messages say',
  'messages.act': 'retry, hold, release and delete messages',
  'mail.send': 'send a test mail',
  'devices.read': 'see who sends, and who was refused',
  'devices.allow': 'allow a refused device',
  'settings.read': 'see the settings, without secrets',
  'settings.write': 'change the settings',
  'settings.machine-secrets': 'let settings read secrets from files, variables and commands of this machine',
  'upstreams.verify': 'test whether an upstream takes mail',
  'authorizations.manage': 'sign in at a provider for an upstream, and forget that',
  'certificates.read': 'see certificates',
  'certificates.write': 'import and remove certificates',
  'access.manage': 'manage users and API tokens',
  'audit.read': 'see who changed what',
  'backup.make': 'make a backup',
} as const satisfies Readonly<Record<string, string>>;

export type Permission = keyof typeof PERMISSIONS;

export const ALL_PERMISSIONS = Object.keys(PERMISSIONS).filter(isPermission);

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(PERMISSIONS, text);
}

export const ROLES = ['administrator', 'operator', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const VIEWER: readonly Permission[] = [
  'status.read',
  'messages.read',
  'devices.read',
  'settings.read',
  'certificates.read',
];

const OPERATOR: readonly Permission[] = [
  ...VIEWER,
  'messages.content',
  'messages.act',
  'mail.send',
  'devices.allow',
  'upstreams.verify',
];

/**
 * Nobody on the page may make Postern read files or run commands of its machine: that stays with those who are on the machine
 * already, and with tokens that were given the scope by them.
 */
const ADMINISTRATOR: readonly Permission[] = ALL_PERMISSIONS.filter(
  (permission) => permission !== 'settings.machine-secrets',
);

const OF_ROLE: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: ADMINISTRATOR,
  operator: OPERATOR,
  viewer: VIEWER,
};

/** What a user of this role may do. */
export function permissionsOf(role: Role): readonly Permission[] {
  return OF_ROLE[role];
}
