import type { Secret } from '../shared/secret.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const LOG_FORMATS = ['json', 'pretty'] as const;

/** Where everything is kept. */
export type DatabaseOption =
  | { readonly engine: 'sqlite' /** Absolute path. */; readonly file: string }
  | { readonly engine: 'postgres' /** Holds the password. */; readonly url: Secret };

/** What `postern serve` was told to do; paths are absolute. */
export interface ServeOptions {
  readonly dataDirectory: string;
  /** Absent: the settings live in the store. */
  readonly settingsFile?: string;
  readonly database: DatabaseOption;
  readonly admin: {
    /** An IP address. */
    readonly address: string;
    /** 0 lets the system choose. */
    readonly port: number;
    /** A proxy in front ends TLS; its X-Forwarded headers are believed. */
    readonly behindProxy: boolean;
    /** Addresses and networks of that proxy; this machine if absent. */
    readonly trustedProxies?: readonly string[];
    /** Name of the stored server certificate with which the admin speaks https; plain http if absent. */
    readonly certificate?: string;
  };
  readonly masterKeyFile: string;
  readonly adminTokenFile?: string;
  /** argon2id hash for the administrator `admin`; from the environment alone, since everybody on the machine sees flags. */
  readonly adminPasswordHash?: Secret;
  readonly log: {
    readonly level: (typeof LOG_LEVELS)[number];
    readonly format: (typeof LOG_FORMATS)[number];
  };
}

/** Read from the environment alone. */
export const PASSWORD_HASH_VARIABLE = 'POSTERN_ADMIN_PASSWORD_HASH';

/** One option as operators type it. */
export interface OptionDescription {
  readonly flag: string;
  /** What stands behind the flag; absent for a switch. */
  readonly argument?: string;
  readonly variable: string;
  readonly default: string;
  readonly meaning: string;
}

/** All options of `postern serve`; the only source of its parsing, help and reference. */
export const SERVE_OPTIONS = {
  data: {
    flag: '--data',
    argument: 'DIR',
    variable: 'POSTERN_DATA',
    default: './data',
    meaning: 'Directory of all that Postern keeps; made with access for its owner alone.',
  },
  settings: {
    flag: '--settings',
    argument: 'FILE',
    variable: 'POSTERN_SETTINGS',
    default: 'none',
    meaning:
      'Settings file, YAML or JSON, read again on SIGHUP and on change. Without it the settings live in the store and are edited by the admin.',
  },
  database: {
    flag: '--database',
    argument: 'URL',
    variable: 'POSTERN_DATABASE',
    default: 'sqlite:',
    meaning:
      '`sqlite:` for a file inside the data directory, `sqlite:PATH` for another, `postgres://…` for several nodes.',
  },
  admin: {
    flag: '--admin',
    argument: 'ADDRESS:PORT',
    variable: 'POSTERN_ADMIN',
    default: '127.0.0.1:8025',
    meaning:
      'Where the admin listens; an address that is not loopback needs `--admin-certificate` or `--behind-proxy`.',
  },
  'admin-certificate': {
    flag: '--admin-certificate',
    argument: 'NAME',
    variable: 'POSTERN_ADMIN_CERTIFICATE',
    default: 'none',
    meaning:
      'The admin speaks https with this server certificate, NAME.crt and NAME.key of the directory `certificates` in the data directory; `default` is made by itself.',
  },
  'behind-proxy': {
    flag: '--behind-proxy',
    variable: 'POSTERN_BEHIND_PROXY',
    default: 'false',
    meaning: 'A proxy in front of the admin ends TLS; believe its `X-Forwarded-` headers.',
  },
  'trusted-proxies': {
    flag: '--trusted-proxies',
    argument: 'NETWORKS',
    variable: 'POSTERN_TRUSTED_PROXIES',
    default: '127.0.0.0/8,::1',
    meaning:
      'Addresses and networks of the proxy, separated by commas. Nobody else is answered, but for this machine.',
  },
  'master-key': {
    flag: '--master-key',
    argument: 'FILE',
    variable: 'POSTERN_MASTER_KEY_FILE',
    default: 'master.key in the data directory',
    meaning: 'Key that seals all stored secrets; made on the first start with access for its owner alone.',
  },
  'admin-token-file': {
    flag: '--admin-token-file',
    argument: 'FILE',
    variable: 'POSTERN_ADMIN_TOKEN_FILE',
    default: 'none',
    meaning: 'File with a bearer token that has full rights, for automation.',
  },
  'log-level': {
    flag: '--log-level',
    argument: 'LEVEL',
    variable: 'POSTERN_LOG_LEVEL',
    default: 'info',
    meaning: `How much is logged: ${LOG_LEVELS.join(', ')}.`,
  },
  'log-format': {
    flag: '--log-format',
    argument: 'FORMAT',
    variable: 'POSTERN_LOG_FORMAT',
    default: 'json; pretty on a terminal',
    meaning: 'One JSON object a line, or lines for people.',
  },
} as const satisfies Readonly<Record<string, OptionDescription>>;

export type ServeOptionName = keyof typeof SERVE_OPTIONS;

/** The options as lines for `postern serve --help`. */
export function serveOptionsHelp(): string {
  const rows = Object.values<OptionDescription>(SERVE_OPTIONS).map(
    ({ flag, argument, variable, ...rest }) => {
      const usage = argument === undefined ? flag : `${flag} ${argument}`;
      return `  ${usage.padEnd(26)}${rest.meaning.replaceAll('`', '')}\n${' '.repeat(28)}${variable}; default: ${rest.default}`;
    },
  );
  return rows.join('\n');
}
