/** Which of the offered ways to send an upstream is one of, and what choosing another one makes of it. Pure. */
import type { Preset, Way } from '../../../admin/contract-configuration.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import { textAt, valueAt, withAt } from './json.ts';

export type PresetId = Preset['id'];

/** The kind of account that an upstream is: by its provider, else by its server. */
export function presetOf(upstream: JsonObject, presets: readonly Preset[]): PresetId {
  const kind = textAt(upstream, ['kind']);
  if (kind === 'test-relay') return 'test-relay';
  if (kind === 'graph') return 'microsoft-365';
  const provider = textAt(upstream, ['authentication', 'provider']);
  const host = textAt(upstream, ['host']).toLowerCase();
  if (provider === 'microsoft') return 'microsoft-365';
  if (provider === 'google' || kind === 'gmail' || host === 'smtp.gmail.com') {
    const email =
      textAt(upstream, ['authentication', 'email']) || textAt(upstream, ['authentication', 'user']);
    return /@(?:gmail|googlemail)\.com$/i.test(email) ? 'gmail' : 'google-workspace';
  }
  const regions = presets.find(({ id }) => id === 'amazon-ses')?.regions ?? [];
  return regions.some((region) => region.host === host) ? 'amazon-ses' : 'smtp';
}

/** What says which way it is. */
export interface Choice {
  readonly kind: string;
  readonly type: string;
  readonly flow: string;
  readonly cloud: string;
}

/** The choice that an upstream has made, as the page offers it. */
export function choiceOf(upstream: JsonObject): Choice {
  const type = textAt(upstream, ['authentication', 'type']) || 'none';
  return {
    kind: textAt(upstream, ['kind']) || 'smtp',
    type,
    flow: type === 'oauth2' ? textAt(upstream, ['authentication', 'flow']) || 'authorization-code' : '',
    cloud: textAt(upstream, ['authentication', 'cloud']) || 'global',
  };
}

/** The way of a preset; undefined where an administrator has written something that the page does not offer. */
export function wayFor(preset: Preset | undefined, { kind, type, flow, cloud }: Choice): Way | undefined {
  return preset?.ways.find(
    (way) =>
      way.kind === kind &&
      way.type === type &&
      (way.flow ?? '') === flow &&
      (way.cloud === undefined || way.cloud === cloud),
  );
}

/** Keys of `authentication` that mean the same in every way with OAuth; the rest goes when another way is chosen. */
const KEPT = ['email', 'mailbox', 'tenantId', 'clientId', 'clientSecret', 'clientSecretExpires'];

/** Addresses of a provider that were typed; they stay while the provider and its cloud do. */
const ADDRESSES = ['authorizationEndpoint', 'tokenEndpoint', 'deviceAuthorizationEndpoint'];

/** The upstream with another way chosen: what still fits stays, and the way that is saved comes back as it is saved. */
export function withWay(upstream: JsonObject, way: Way, saved?: JsonObject): JsonObject {
  const { authentication: before, host, port, security, name = '', ...others } = upstream;
  if (saved !== undefined && isOfWay(saved, way)) return { ...others, ...partOf(saved), name };
  const rest = withAt(withAt(others, ['kind'], undefined), ['endpoint'], undefined);
  const old = isObject(before) ? before : {};
  const stays =
    textAt(old, ['provider']) === (way.provider ?? '') &&
    choiceOf(upstream).cloud === (way.cloud ?? 'global') &&
    textAt(upstream, ['kind']) === way.kind;
  return {
    name,
    kind: way.kind,
    ...serverOf(way, { host, port, security }, stays),
    ...(way.kind === 'test-relay' ? {} : { authentication: authenticationOf(way, old, stays) }),
    ...rest,
  };
}

function isOfWay(upstream: JsonObject, way: Way): boolean {
  const { kind, type, flow, cloud } = choiceOf(upstream);
  const provider = textAt(upstream, ['authentication', 'provider']);
  return (
    kind === way.kind &&
    type === way.type &&
    flow === (way.flow ?? '') &&
    cloud === (way.cloud ?? 'global') &&
    provider === (way.provider ?? '')
  );
}

/** Server and sign-in. */
function partOf(upstream: JsonObject): JsonObject {
  const keys = ['kind', 'host', 'port', 'security', 'endpoint', 'authentication'];
  return Object.fromEntries(
    keys.flatMap((key): [string, Json][] => {
      const value = upstream[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function serverOf(
  way: Way,
  typed: Readonly<Record<'host' | 'port' | 'security', Json | undefined>>,
  stays: boolean,
): JsonObject {
  if (way.kind !== 'smtp' || way.server === undefined) return {};
  const { host, port, security } = way.server;
  const known = host !== undefined && !stays;
  const chosen = (value: Json | undefined, offered: Json): Json =>
    known || value === undefined ? offered : value;
  return {
    host: chosen(typed.host, host ?? ''),
    port: chosen(typed.port, port),
    security: chosen(typed.security, security),
  };
}

function authenticationOf(way: Way, old: JsonObject, stays: boolean): JsonObject {
  const address = textAt(old, ['email']) || textAt(old, ['mailbox']) || textAt(old, ['user']);
  if (way.type === 'none') return { type: 'none' };
  if (way.type === 'password') {
    const password = old['password'];
    return {
      type: 'password',
      user: textAt(old, ['user']) || address,
      ...(password === undefined ? {} : { password }),
    };
  }
  const fields = way.fields.map((field) => field.replace('?', ''));
  const kept = [...KEPT, ...ADDRESSES].filter(
    (key) => old[key] !== undefined && (fields.includes(key) || (stays && ADDRESSES.includes(key))),
  );
  const { provider = '', flow = '', cloud } = way;
  const who = fields.includes('mailbox') ? 'mailbox' : 'email';
  return {
    type: 'oauth2',
    provider,
    flow,
    ...(cloud === undefined || cloud === 'global' ? {} : { cloud }),
    ...Object.fromEntries(kept.map((key) => [key, old[key] ?? null])),
    ...(address === '' ? {} : { [who]: address }),
  };
}

/** A new upstream of a preset. */
export function newUpstream({ id, ways }: Preset, name: string): JsonObject {
  const [way] = ways;
  if (way === undefined) return { name, kind: 'smtp' };
  // A mailbox refuses the senders of most devices; a mail server of one's own mostly takes them.
  const isMailbox = ['microsoft-365', 'google-workspace', 'gmail'].includes(id);
  return withWay({ name, ...(isMailbox ? { from: { rewrite: 'if-refused' } } : {}) }, way);
}

/** A name that nothing has yet. */
export function freeName(preset: PresetId, taken: readonly string[]): string {
  const base = {
    'microsoft-365': 'microsoft',
    'google-workspace': 'google',
    gmail: 'gmail',
    'amazon-ses': 'amazon',
    smtp: 'mail',
    'test-relay': 'hold',
  }[preset];
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(name)) return name;
  }
}

/** The address that a recipient sees where the sender is rewritten. */
export function ownAddress(upstream: JsonObject): string {
  const typed = textAt(upstream, ['from', 'address']);
  if (typed !== '') return typed;
  for (const key of ['mailbox', 'email', 'user']) {
    const address = textAt(upstream, ['authentication', key]);
    if (address.includes('@')) return address;
  }
  return '';
}

/** Puts what the settings have into the places of a portal's value; what is not typed yet stays in capitals. */
export function filledIn(
  template: string,
  upstream: JsonObject,
  more: Readonly<Record<string, string>>,
): string {
  const known: Readonly<Record<string, string>> = {
    clientId: textAt(upstream, ['authentication', 'clientId']),
    mailbox: ownAddress(upstream),
    ...more,
  };
  return template.replaceAll(
    /\{(\w+)\}/g,
    (_all, name: string) => known[name] || name.replaceAll(/[A-Z]/g, '-$&').toUpperCase(),
  );
}

/** The upstream with a secret typed, taken away, or left as it was. */
export function withSecret(
  upstream: JsonObject,
  saved: JsonObject | undefined,
  path: readonly string[],
  change: string | null | undefined,
): JsonObject {
  if (typeof change === 'string') return withAt(upstream, path, { value: change });
  const before = saved === undefined ? undefined : valueAt(saved, path);
  return withAt(upstream, path, change === null ? undefined : before);
}
