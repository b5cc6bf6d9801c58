/*
 * What a device that was refused needs in the settings. Pure: the document and the wish go in; the changed document, and what
 * was done in words, come out. As little as possible is opened:
 *
 * - a stranger becomes a client of its own, with that address alone;
 * - a client that lacks a sender gets that sender; where all senders are asked for, or the sender is to be rewritten, and the
 *   client covers more than this address, the device becomes a client of its own instead, with what held for it so far: the
 *   most specific network wins, and its neighbours keep their rules;
 * - an SMTP user is one device already, so it is changed itself.
 */
import type { DeniedClient } from '../inbound/denied.ts';
import { addressBits, NetworkTable, plainAddress } from '../inbound/networks.ts';
import { createPolicy } from '../inbound/policy.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../settings/json.ts';
import { canonicalNetwork } from '../settings/networks.ts';
import { DEFAULT_CLIENTS, type Settings } from '../settings/schema.ts';
import type { ClientSettings } from '../settings/schema-clients.ts';
import { RelayError } from '../shared/errors.ts';

export interface AllowWish {
  readonly address: string;
  /** The sender that was refused, empty for `<>`; every sender if absent. */
  readonly sender?: string;
  /** The address that its mail is to leave from. */
  readonly rewriteTo?: string;
  /** Name of a new client. */
  readonly name?: string;
}

export interface AllowPlan {
  /** The client or user that the device counts as. */
  readonly client: string;
  /** The document to put in force; undefined where it may send already. */
  readonly document?: Json;
  /** What was done, in a sentence. */
  readonly text: string;
  /** The entry as it is in the document, and where it goes. */
  readonly entry?: {
    readonly section: 'clients' | 'users';
    readonly added: boolean;
    readonly value: JsonObject;
  };
}

type Known = Pick<Settings, 'clients' | 'users'>;
type Refusal = Pick<DeniedClient, 'greeting' | 'client'>;

/** How a refused device is let in. Throws RelayError `bad-request` for an address that is none. */
export function planAllow(document: Json, settings: Known, wish: AllowWish, refusal?: Refusal): AllowPlan {
  const bits = addressBits(wish.address);
  if (bits === undefined) {
    throw new RelayError('bad-request', `${wish.address} is not an IP address.`, {
      hint: 'Write one such as 192.0.2.7 or 2001:db8::7.',
    });
  }
  const address = plainAddress(wish.address);
  const policy = createPolicy(settings);
  const user = settings.users.find(({ name }) => name === refusal?.client);
  const client = new NetworkTable(
    settings.clients.flatMap((one) => one.networks.map((network) => [network, one] as const)),
  ).find(bits);
  const holder = user ?? client;
  if (holder === undefined) return added(document, settings, { ...wish, address }, refusal);

  const judged = user === undefined ? policy.byAddress(bits) : policy.byUser(user.name);
  const allowed =
    wish.sender === undefined ? holder.senders.includes('*') : judged?.maySend(wish.sender) === true;
  const rewritten = wish.rewriteTo === undefined || holder.rewriteSender === wish.rewriteTo;
  if (allowed && rewritten) {
    return { client: holder.name, text: `${address} may send as that already, as ${holder.name}.` };
  }
  const widens = (wish.sender === undefined && !allowed) || !rewritten;
  if (client !== undefined && user === undefined && widens && !isAlone(client, address)) {
    return added(document, settings, { ...wish, address }, refusal, client);
  }
  return extended(document, user === undefined ? 'clients' : 'users', holder, { ...wish, address });
}

/** The client covers this address and no other. */
function isAlone({ networks }: ClientSettings, address: string): boolean {
  return networks.every((network) => isSame(network, address));
}

function isSame(network: Json, address: string): boolean {
  return typeof network === 'string' && canonicalNetwork(network) === canonicalNetwork(address);
}

function added(
  document: Json,
  settings: Known,
  wish: AllowWish,
  refusal: Refusal | undefined,
  former?: ClientSettings,
): AllowPlan {
  const entries = entriesOf(document, 'clients').map((entry) => without(entry, wish.address));
  const name = freeName(wish.name ?? nameFrom(refusal?.greeting ?? '', wish.address), settings);
  const like = former === undefined ? {} : inherited(entries, former);
  const value: JsonObject = {
    name,
    networks: [wish.address],
    ...like,
    senders: sendersWith(former?.senders ?? [], wish.sender),
    ...(wish.rewriteTo === undefined ? {} : { rewriteSender: wish.rewriteTo }),
  };
  const apart = former === undefined ? '' : `, apart from ${former.name}`;
  return {
    client: name,
    document: withEntries(document, 'clients', [...entries, value]),
    text: `${wish.address} may send as ${senderWords(wish.sender)}: it is the new client ${name}${apart}${rewriteWords(wish)}.`,
    entry: { section: 'clients', added: true, value },
  };
}

/** An address that a client names by itself can be named in one place only. */
function without(entry: Json, address: string): Json {
  if (!isJsonObject(entry)) return entry;
  const { networks } = entry;
  if (!isJsonArray(networks) || !networks.some((network) => isSame(network, address))) return entry;
  return { ...entry, networks: networks.filter((network) => !isSame(network, address)) };
}

function extended(
  document: Json,
  section: 'clients' | 'users',
  holder: Pick<ClientSettings, 'name' | 'senders'>,
  wish: AllowWish,
): AllowPlan {
  const entries = entriesOf(document, section);
  const senders = sendersWith(holder.senders, wish.sender);
  const rewrite: JsonObject = wish.rewriteTo === undefined ? {} : { rewriteSender: wish.rewriteTo };
  const changed = entries.map((entry) =>
    isJsonObject(entry) && entry['name'] === holder.name ? { ...entry, senders, ...rewrite } : entry,
  );
  return {
    client: holder.name,
    document: withEntries(document, section, changed),
    text: `${holder.name} may send as ${senderWords(wish.sender)}${rewriteWords(wish)}.`,
    entry: { section, added: false, value: { name: holder.name, senders, ...rewrite } },
  };
}

/** What holds for the device so far, as it was typed, but for name, networks and senders. */
function inherited(entries: readonly Json[], { name }: ClientSettings): JsonObject {
  const former = entries.find((entry) => isJsonObject(entry) && entry['name'] === name);
  if (!isJsonObject(former)) return {};
  const { name: _, networks: __, senders: ___, ...rest } = former;
  return rest;
}

function sendersWith(senders: readonly string[], sender: string | undefined): string[] {
  if (sender === undefined || senders.includes('*')) return ['*'];
  const pattern = sender === '' ? '<>' : sender;
  return [...new Set([...senders, pattern])];
}

/** What the document does not name is in force all the same, and must not go when something is named beside it. */
function entriesOf(document: Json, section: 'clients' | 'users'): readonly Json[] {
  const entries = isJsonObject(document) ? document[section] : undefined;
  if (isJsonArray(entries)) return entries;
  return section === 'clients' ? DEFAULT_CLIENTS : [];
}

function withEntries(document: Json, section: 'clients' | 'users', entries: readonly Json[]): JsonObject {
  return { ...(isJsonObject(document) ? document : {}), [section]: [...entries] };
}

function nameFrom(greeting: string, address: string): string {
  const name = greeting
    .replace(/[\p{Cc}\p{Cs}]/gu, '')
    .trim()
    .slice(0, 50)
    .trim();
  // An address literal, or the name that half of all devices give.
  if (name === '' || /^\[.*\]$/.test(name) || /^localhost(\.|$)/i.test(name)) return `device ${address}`;
  return name;
}

function freeName(wanted: string, { clients, users }: Known): string {
  const taken = new Set([...clients, ...users].map(({ name }) => name));
  taken.add('postern');
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const name = `${wanted.slice(0, 56).trim()} ${number}`;
    if (!taken.has(name)) return name;
  }
}

function senderWords(sender: string | undefined): string {
  if (sender === undefined) return 'anybody';
  return sender === '' ? '<>' : sender;
}

function rewriteWords({ rewriteTo }: AllowWish): string {
  return rewriteTo === undefined ? '' : `, and its mail leaves as ${rewriteTo}`;
}
