import path from 'node:path';
import { parseArgs } from 'node:util';
import { closest } from '../shared/closest.ts';
import { errorCode, errorText, type Fault, RelayError } from '../shared/errors.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';
import { networkList } from '../shared/network-list.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { Secret } from '../shared/secret.ts';
import { parseListenAddress } from './listen-address.ts';
import {
  type DatabaseOption,
  LOG_FORMATS,
  LOG_LEVELS,
  type OptionDescription,
  PASSWORD_HASH_VARIABLE,
  SERVE_OPTIONS,
  type ServeOptionName,
  type ServeOptions,
} from './serve-options.ts';

/** Proxies that can be named. */
const MOST_NETWORKS = 100;

export interface OptionContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  readonly workingDirectory: string;
  /** Whether the log goes to a terminal. */
  readonly terminal: boolean;
}

/**
 * The options of `postern serve`: a flag beats the environment, which beats the default. A variable that is empty counts as
 * not set. Throws RelayError `bad-request` with all faults, each naming the flag or variable that it is about: a mistake of
 * usage, for which a command ends with exit code 2.
 */
export function parseServeOptions(args: readonly string[], context: OptionContext): ServeOptions {
  const faults: Fault[] = [];
  const given = readFlags(args, faults);
  const typed = (name: ServeOptionName): Typed | undefined => {
    const { flag, variable } = SERVE_OPTIONS[name];
    const value = given[name];
    if (value !== undefined) return { from: flag, text: String(value) };
    const text = context.environment[variable];
    return text === undefined || text === '' ? undefined : { from: variable, text };
  };
  const file = (name: ServeOptionName): string | undefined => {
    const found = typed(name);
    if (found === undefined) return undefined;
    if (found.text === '' || found.text.includes('\0')) {
      faults.push({ path: found.from, message: 'is empty or no path', remedy: 'write a path' });
    }
    return path.resolve(context.workingDirectory, found.text);
  };

  const dataDirectory = file('data') ?? path.resolve(context.workingDirectory, SERVE_OPTIONS.data.default);
  const settingsFile = file('settings');
  const adminTokenFile = file('admin-token-file');
  const passwordHash = context.environment[PASSWORD_HASH_VARIABLE] ?? '';
  const options: ServeOptions = {
    dataDirectory,
    ...(settingsFile === undefined ? {} : { settingsFile }),
    database: database(typed('database'), dataDirectory, context.workingDirectory, faults),
    admin: admin(typed, faults),
    masterKeyFile: file('master-key') ?? path.join(dataDirectory, 'master.key'),
    ...(adminTokenFile === undefined ? {} : { adminTokenFile }),
    ...(passwordHash === '' ? {} : { adminPasswordHash: new Secret(passwordHash) }),
    log: {
      level: choice(typed('log-level'), LOG_LEVELS, 'info', faults),
      format: choice(typed('log-format'), LOG_FORMATS, context.terminal ? 'pretty' : 'json', faults),
    },
  };
  if (faults.length > 0) throw usageError(faults);
  return options;
}

/** A value and where it was typed. */
interface Typed {
  readonly from: string;
  readonly text: string;
}

function readFlags(
  args: readonly string[],
  faults: Fault[],
): Readonly<Partial<Record<string, string | boolean>>> {
  const options = Object.fromEntries(
    Object.entries<OptionDescription>(SERVE_OPTIONS).map(([name, { argument }]) => [
      name,
      { type: argument === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (errorCode(error)?.startsWith('ERR_PARSE_ARGS_') !== true) throw error;
    faults.push(flagFault(errorText(error)));
    return {};
  }
}

/** Node names the option in quotes and adds advice that fits other programs. */
function flagFault(text: string): Fault {
  const message = text.split(/\. |\n/, 1)[0] ?? text;
  const unknown = /^Unknown option '(--[^']+)'/.exec(text)?.[1];
  const flags = Object.values(SERVE_OPTIONS).map(({ flag }) => flag);
  const meant = unknown === undefined ? undefined : closest(unknown, flags);
  return {
    path: '',
    message,
    remedy: meant === undefined ? `see ${ownCommand('serve --help')}` : `did you mean ${meant}?`,
  };
}

function usageError(faults: readonly Fault[]): RelayError {
  const lines = faults.map(({ path: where, message, remedy }) =>
    [where === '' ? message : `${where} ${message}`, ...(remedy === undefined ? [] : [remedy])].join('; '),
  );
  return new RelayError('bad-request', lines.join('\n'), { faults });
}

function database(
  typed: Typed | undefined,
  dataDirectory: string,
  workingDirectory: string,
  faults: Fault[],
): DatabaseOption {
  const own = { engine: 'sqlite', file: path.join(dataDirectory, 'postern.db') } as const;
  if (typed === undefined) return own;
  const { from, text } = typed;
  if (/^postgres(?:ql)?:\/\//.test(text)) {
    if (URL.canParse(text)) return { engine: 'postgres', url: new Secret(text) };
    // The text is not repeated: it holds a password.
    const remedy = 'write postgres://USER:PASSWORD@HOST/DATABASE, with odd characters of the password as %XX';
    faults.push({ path: from, message: 'is not a usable address of a database', remedy });
    return own;
  }
  const file = /^sqlite:(?!\/\/)([^\0]*)$/.exec(text)?.[1];
  if (file === undefined) {
    const remedy = 'write sqlite:, sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE';
    faults.push({ path: from, message: 'is not a database', remedy });
    return own;
  }
  return file === '' ? own : { engine: 'sqlite', file: path.resolve(workingDirectory, file) };
}

function admin(typed: (name: ServeOptionName) => Typed | undefined, faults: Fault[]): ServeOptions['admin'] {
  const behindProxy = readSwitch(typed('behind-proxy'), faults);
  const certificate = typed('admin-certificate');
  const trustedProxies = networks(typed('trusted-proxies'), behindProxy, faults);
  const more = {
    behindProxy,
    ...(certificate === undefined ? {} : { certificate: certificate.text }),
    ...(trustedProxies === undefined ? {} : { trustedProxies }),
  };
  if (certificate?.text.trim() === '') {
    faults.push({ path: certificate.from, message: 'is empty', remedy: 'write a name such as default' });
  }
  const { from, text } = typed('admin') ?? {
    from: SERVE_OPTIONS.admin.flag,
    text: SERVE_OPTIONS.admin.default,
  };
  const parsed = parseListenAddress(text);
  if (parsed === undefined) {
    const remedy = 'write one such as 127.0.0.1:8025 or [::1]:8025';
    faults.push({ path: from, message: 'is not an IP address with a port', remedy });
    return { address: '127.0.0.1', port: 8025, ...more };
  }
  if (!behindProxy && certificate === undefined && !isLoopbackAddress(parsed.address)) {
    faults.push({
      path: from,
      message: `would show the admin unencrypted on ${parsed.address}, where others reach it`,
      remedy:
        'listen on 127.0.0.1, or add --admin-certificate default for https, or put a proxy with TLS in front and add --behind-proxy',
    });
  }
  return { ...parsed, ...more };
}

/** The proxies whose word is believed. */
function networks(
  typed: Typed | undefined,
  behindProxy: boolean,
  faults: Fault[],
): readonly string[] | undefined {
  if (typed === undefined) return undefined;
  const given = typed.text.split(/[\s,]+/).filter((text) => text !== '');
  const wrong = given.find((text) => networkList([text]) === undefined);
  if (given.length === 0 || given.length > MOST_NETWORKS || wrong !== undefined) {
    const message = wrong === undefined ? 'is no list of networks' : `has ${wrong}, which is no network`;
    faults.push({
      path: typed.from,
      message,
      remedy: 'write addresses and networks such as 10.0.0.5,192.168.7.0/24',
    });
  } else if (given.some((text) => /\/0+$/.test(text))) {
    const remedy = 'name the proxy alone; whoever is trusted chooses the address that is recorded for him';
    faults.push({ path: typed.from, message: 'trusts everybody', remedy });
  } else if (!behindProxy) {
    faults.push({
      path: typed.from,
      message: 'has no use without --behind-proxy',
      remedy: 'add --behind-proxy',
    });
  }
  return given;
}

function readSwitch(typed: Typed | undefined, faults: Fault[]): boolean {
  const text = typed?.text.toLowerCase() ?? 'false';
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (!['false', '0', 'no', 'off'].includes(text)) {
    faults.push({
      path: typed?.from ?? '',
      message: 'is neither true nor false',
      remedy: 'write true or false',
    });
  }
  return false;
}

function choice<T extends string>(
  typed: Typed | undefined,
  allowed: readonly T[],
  otherwise: T,
  faults: Fault[],
): T {
  if (typed === undefined) return otherwise;
  const chosen = allowed.find((value) => value === typed.text.toLowerCase());
  if (chosen !== undefined) return chosen;
  faults.push({
    path: typed.from,
    message: 'has no such value',
    remedy: `write one of ${allowed.join(', ')}`,
  });
  return otherwise;
}
