/*
 * Who may send what. Pure: made anew from the settings whenever they change. The signed-in user decides; without one the
 * most specific network; nobody else may send, so that Postern is never an open relay.
 */
import { normaliseDomain } from '../message/address.ts';
import type { Settings } from '../settings/schema.ts';
import type { ClientSettings, CompatibilitySettings, UserSettings } from '../settings/schema-clients.ts';
import { type AddressBits, NetworkTable } from './networks.ts';
import { reply, type SmtpReply } from './replies.ts';

/** A client or user, ready for questions. */
export interface ClientPolicy {
  /** Name in the settings; the lane of its mail. */
  readonly name: string;
  readonly compatibility: CompatibilitySettings;
  /** @param sender `local@domain` with its domain in A-labels, or empty for `<>` */
  maySend(sender: string): boolean;
}

export interface Policy {
  /** The client that the address belongs to; undefined for strangers. */
  byAddress(address: AddressBits): ClientPolicy | undefined;
  byUser(name: string): ClientPolicy | undefined;
}

/** A stranger may say MAIL and RCPT, so that the administrator sees what it wanted to send; it is refused at RCPT. */
export const STRANGER: ClientPolicy = {
  name: '',
  compatibility: {
    addressesWithoutBrackets: true,
    oddAddresses: true,
    bareLineFeeds: 'normalise',
    nulBytes: 'refuse',
    talksFirst: false,
  },
  maySend: () => true,
};

/** Reads the settings once; the answers do not change afterwards. */
export function createPolicy(settings: Pick<Settings, 'clients' | 'users'>): Policy {
  const networks = new NetworkTable(
    settings.clients.flatMap((client) => {
      const policy = clientPolicy(client);
      return client.networks.map((network) => [network, policy] as const);
    }),
  );
  const users = new Map(settings.users.map((user) => [user.name, clientPolicy(user)]));
  return {
    byAddress: (address) => networks.find(address),
    byUser: (name) => users.get(name),
  };
}

/** What a stranger is told: who is refused, and what to add where. */
export function strangerRefusal(address: string): SmtpReply {
  return reply(
    550,
    '5.7.1',
    `${address} may not send through this relay; allow it on the page Devices, or add it to clients in the settings`,
  );
}

/** What a client is told that may not use this sender. */
export function senderRefusal(sender: string, client: string): SmtpReply {
  return reply(
    550,
    '5.7.1',
    `${client} may not send as <${sender}>; add it to the senders of ${client} in the settings`,
  );
}

function clientPolicy(settings: ClientSettings | UserSettings): ClientPolicy {
  const everything = settings.senders.includes('*');
  const allowed = new Set(settings.senders.map(senderKey));
  return {
    name: settings.name,
    compatibility: settings.compatibility,
    maySend(sender) {
      if (everything) return true;
      if (sender === '') return allowed.has('<>');
      const key = sender.toLowerCase();
      return allowed.has(key) || allowed.has(key.slice(key.lastIndexOf('@')));
    },
  };
}

/** Senders are compared without regard to case: administrators type them as they look. */
function senderKey(pattern: string): string {
  const at = pattern.lastIndexOf('@');
  if (at === -1) return pattern;
  const domain = pattern.slice(at + 1);
  return `${pattern.slice(0, at).toLowerCase()}@${normaliseDomain(domain) ?? domain.toLowerCase()}`;
}
