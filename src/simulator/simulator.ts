import type { Clock } from '../shared/clock.ts';

/** What a simulated provider is started with. Everything listens on 127.0.0.1 only. */
export interface SimulatorOptions {
  /** Where the certificate authority is kept, so that it is the same after a restart; made anew and forgotten if absent. */
  readonly directory?: string;
  /** First of the ports, in the order of `SimulatorPorts`; any free ones if absent. */
  readonly firstPort?: number;
  /** Milliseconds that an access token lives; an hour if absent. */
  readonly tokenLifetime?: number;
  /** Every refresh gives another refresh token, and the old one is void. */
  readonly rotateRefreshTokens?: boolean;
  /** Keep to the limits of the real ones (connections, messages a minute, recipients a day, requests); true if absent. */
  readonly limits?: boolean;
  /** Characters that an access token has at least, such as 5,000; as long as it happens to be if absent. */
  readonly tokenLength?: number;
  readonly clock?: Clock;
}

/** The order of ports from `firstPort` on. */
export const SIMULATOR_PORTS = ['microsoft', 'microsoftSmtp', 'google', 'googleSmtp', 'control'] as const;

/** An account that can sign in at the consent page. */
export interface SimulatedAccount {
  readonly email: string;
  readonly password: string;
}

/** A mailbox at both providers. What is left out stays as it was; a new one has the password of all and is granted. */
export interface SimulatedMailbox {
  readonly email: string;
  readonly password?: string;
  /** Other addresses that it may send as. */
  readonly sendAs?: readonly string[];
  /** Whether applications (client credentials, service account) may act for it. */
  readonly granted?: boolean;
}

/** Something that an administrator registers at the provider. */
export interface Registration {
  readonly mailbox?: SimulatedMailbox;
  /** In addition to those on this machine. */
  readonly redirectUri?: string;
  /** PEM of a certificate that the application may sign in with (Microsoft). */
  readonly clientCertificate?: string;
  /** In place of the client secrets so far, at both providers. */
  readonly clientSecret?: string;
}

interface SimulatedProvider {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly deviceAuthorizationEndpoint: string;
  /** SMTP submission with STARTTLS, XOAUTH2 and OAUTHBEARER. */
  readonly smtp: { readonly host: string; readonly port: number };
  /** The mailbox that the application is for. */
  readonly account: SimulatedAccount;
  /** Base address of Graph or of the Gmail API. */
  readonly api: string;
}

export interface SimulatedMicrosoft extends SimulatedProvider {
  readonly tenantId: string;
}

export interface SimulatedGoogle extends SimulatedProvider {
  /** As downloaded from the console: OAuth client. */
  readonly clientJson: string;
  /** As downloaded from the console: key of a service account with domain-wide delegation. */
  readonly serviceAccountJson: string;
}

/** An answer on demand: a row of scenarios.ts, for whom, and how often (for ever if absent). */
export interface Behaviour {
  readonly scenario: string;
  readonly sender?: string;
  readonly recipient?: string;
  readonly times?: number;
}

/** A message that a simulated provider took. */
export interface SimulatedMessage {
  readonly provider: 'microsoft' | 'google';
  readonly over: 'smtp' | 'api';
  /** The account or mailbox that sent. */
  readonly mailbox: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly content: Buffer;
  /** ms since 1970. */
  readonly at: number;
}

/** What was asked of the simulator since its start. */
export interface SimulatorCounters {
  readonly tokenRequests: number;
  /** Most token requests of one client that were under way at once. */
  readonly tokenRequestsAtOnce: number;
  readonly signIns: number;
  readonly messages: number;
  /** Answers that told the sender to slow down or that a limit was reached. */
  readonly throttled: number;
  /** Replies held back because of more than 30 messages a minute. */
  readonly delayed: number;
}

/** A Microsoft 365 and a Google that run offline. */
export interface Simulator {
  /** PEM; import it to trust the simulator. */
  readonly certificateAuthority: string;
  readonly microsoft: SimulatedMicrosoft;
  readonly google: SimulatedGoogle;
  /** Base address of the control calls, for other processes. */
  readonly control: string;
  behave(behaviour: Behaviour): void;
  /** Forgets behaviours; messages and tokens stay. */
  reset(): void;
  register(registration: Registration): void;
  messages(): readonly SimulatedMessage[];
  counters(): SimulatorCounters;
  /** Makes all access tokens, or with `grants` all refresh tokens too, void from now on. */
  revoke(what: 'tokens' | 'grants'): void;
  close(): Promise<void>;
}
