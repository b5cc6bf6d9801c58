/** Somebody who got mail accepted: an address under the client that it counted as. Times are ms since 1970. */
export interface Device {
  /** IPv4 in its own form, without a zone id. */
  readonly address: string;
  /** The client or SMTP user of the settings. */
  readonly client: string;
  readonly listener: string;
  /** HELO or EHLO argument. */
  readonly greeting: string;
  /** SMTP AUTH user. */
  readonly user?: string;
  /** TLS version and cipher; absent in clear. */
  readonly tls?: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Id of its last message, and that one's envelope sender. */
  readonly lastMessage: string;
  readonly lastSender: string;
  /** Messages in all. */
  readonly messages: number;
}

/** The storage of devices; store/devices.ts implements it. At most 10,000 are kept, the longest unseen go first. */
export interface DeviceStorage {
  /** Adds the counts to what is known already. */
  record(devices: readonly Device[]): Promise<void>;
  /** Latest first. */
  list(limit: number): Promise<readonly Device[]>;
}
