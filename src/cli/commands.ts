import type { CommandEntry } from './command.ts';

const verb = (name: 'retry' | 'hold' | 'release' | 'delete') => async () =>
  (await import('./queue-verbs.ts')).queueVerb(name);

/** Every command; the only source of `postern --help`. Modules are loaded when they are called. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'serve',
    arguments: '',
    summary: 'Run the relay.',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'check',
    arguments: 'FILE',
    summary: 'Check a settings file and name every fault.',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'ready',
    arguments: '',
    summary: 'Tell whether the node can take mail.',
    load: async () => (await import('./ready.ts')).ready,
  },
  {
    name: 'settings get',
    arguments: '',
    summary: 'Print the settings, without the values of secrets.',
    load: async () => (await import('./settings-get.ts')).settingsGet,
  },
  {
    name: 'settings apply',
    arguments: 'FILE',
    summary: 'Replace the settings by a file.',
    load: async () => (await import('./settings-apply.ts')).settingsApply,
  },
  {
    name: 'settings history',
    arguments: '',
    summary: 'Tell who changed the settings, when, and what.',
    load: async () => (await import('./settings-history.ts')).settingsHistory,
  },
  {
    name: 'settings rollback',
    arguments: 'N',
    summary: 'Put revision N of the settings into force again.',
    load: async () => (await import('./settings-rollback.ts')).settingsRollback,
  },
  {
    name: 'settings from-google-json',
    arguments: 'FILE',
    summary: 'Print the settings of an upstream for a JSON file of Google’s console.',
    load: async () => (await import('./settings-from-google-json.ts')).settingsFromGoogleJson,
  },
  {
    name: 'queue list',
    arguments: '',
    summary: 'List messages.',
    load: async () => (await import('./queue-list.ts')).queueList,
  },
  {
    name: 'queue show',
    arguments: 'ID',
    summary: 'Tell what happened to a message.',
    load: async () => (await import('./queue-show.ts')).queueShow,
  },
  {
    name: 'queue wait',
    arguments: '',
    summary: 'Wait for a message, for scripts.',
    load: async () => (await import('./queue-wait.ts')).queueWait,
  },
  {
    name: 'queue copy',
    arguments: 'ID',
    summary: 'Send a message to somebody else as well.',
    load: async () => (await import('./queue-copy.ts')).queueCopy,
  },
  { name: 'queue retry', arguments: '[ID…]', summary: 'Try messages again now.', load: verb('retry') },
  { name: 'queue hold', arguments: '[ID…]', summary: 'Keep messages back.', load: verb('hold') },
  { name: 'queue release', arguments: '[ID…]', summary: 'Send held messages.', load: verb('release') },
  { name: 'queue delete', arguments: '[ID…]', summary: 'Delete messages for good.', load: verb('delete') },
  {
    name: 'send-test',
    arguments: '',
    summary: 'Send a test mail and tell what becomes of it.',
    load: async () => (await import('./send-test.ts')).sendTest,
  },
  {
    name: 'verify',
    arguments: '',
    summary: 'Prove step by step whether mail leaves over an upstream, and say what to change.',
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    name: 'authorize',
    arguments: 'UPSTREAM',
    summary: 'Sign in at the provider of an upstream, so that Postern may send for the account.',
    load: async () => (await import('./authorize.ts')).authorize,
  },
  {
    name: 'alerts',
    arguments: '',
    summary: 'Tell what needs you now, and the remedy.',
    load: async () => (await import('./alerts.ts')).alerts,
  },
  {
    name: 'expiry',
    arguments: '',
    summary: 'Tell when secrets, certificates and authorizations end.',
    load: async () => (await import('./expiry.ts')).expiry,
  },
  {
    name: 'audit',
    arguments: '',
    summary: 'Tell who changed what, when and from where.',
    load: async () => (await import('./audit.ts')).audit,
  },
  {
    name: 'devices list',
    arguments: '',
    summary: 'Tell who has sent, and when last.',
    load: async () => (await import('./devices-list.ts')).devicesList,
  },
  {
    name: 'devices refused',
    arguments: '',
    summary: 'Tell who was refused, and why.',
    load: async () => (await import('./devices-refused.ts')).devicesRefused,
  },
  {
    name: 'devices allow',
    arguments: 'ADDRESS',
    summary: 'Let a refused device send.',
    load: async () => (await import('./devices-allow.ts')).devicesAllow,
  },
  {
    name: 'backup',
    arguments: 'FILE',
    summary: 'Copy the store to a file while it works.',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'restore',
    arguments: 'FILE',
    summary: 'Put a backup in place of the store; only while Postern is stopped.',
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    name: 'import-cert',
    arguments: 'FILE',
    summary: 'Trust the certificate of an upstream.',
    load: async () => (await import('./import-cert.ts')).importCert,
  },
  {
    name: 'certs list',
    arguments: '',
    summary: 'List the certificates that Postern trusts, and those that it shows.',
    load: async () => (await import('./certs-list.ts')).certsList,
  },
  {
    name: 'certs fetch',
    arguments: 'HOST:PORT',
    summary: 'Show the certificates of a server and what is wrong with them, and trust one.',
    load: async () => (await import('./certs-fetch.ts')).certsFetch,
  },
  {
    name: 'certs remove',
    arguments: 'ID',
    summary: 'Trust a certificate no more.',
    load: async () => (await import('./certs-remove.ts')).certsRemove,
  },
  {
    name: 'simulate',
    arguments: '',
    summary: 'Run a Microsoft 365 and a Google for trying out, on this machine.',
    load: async () => (await import('./simulate.ts')).simulate,
  },
];
