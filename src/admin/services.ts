import type { AuditTrail } from '../access/audit.ts';
import type { Caller } from '../access/caller.ts';
import type { Access } from '../access/create-access.ts';
import type { ImportedCertificate } from '../certificates/import.ts';
import type { ServerCertificateDesk } from '../certificates/server-certificate-desk.ts';
import type { TrustAnchorDesk } from '../certificates/trust-anchor-desk.ts';
import type { UpstreamTests } from '../delivery/upstream-tests.ts';
import type { Upstreams } from '../delivery/upstreams.ts';
import type { Verify } from '../delivery/verify/step.ts';
import type { DeniedStorage } from '../inbound/denied.ts';
import type { DeviceBook } from '../inbound/device-book.ts';
import type { ListenerAddress } from '../inbound/inbound.ts';
import type { Inbox } from '../inbox/create-inbox.ts';
import type { FetchChain } from '../network/fetch-chain.ts';
import type { AlertBook } from '../notices/alerts.ts';
import type { ExpiryRadar } from '../notices/expiry-radar.ts';
import type { Authorizations } from '../oauth/authorizations.ts';
import type { Health } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Accepting } from '../queue/accepting.ts';
import type { QueueOperations } from '../queue/operations.ts';
import type { Traffic } from '../queue/traffic.ts';
import type { TrafficStorage } from '../queue/traffic-storage.ts';
import type { Settings } from '../settings/schema.ts';
import type { Applied, Author, Change, SettingsService } from '../settings/settings-service.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Random } from '../shared/random.ts';
import type { Secret } from '../shared/secret.ts';
import type { EventHub } from './events.ts';

/** What the admin needs of the settings. */
export interface AdminSettings
  extends Pick<SettingsService, 'current' | 'document' | 'history' | 'revision'> {
  // As of the service, but that nobody forgets to say whose they are (author.ts).
  validate(input: unknown, author: Required<Author>): ReturnType<SettingsService['validate']>;
  draft(input: unknown, author: Required<Author>): Settings;
  apply(input: unknown, change: Change & Required<Author>): Promise<Applied>;
  rollback(revision: number, by: string, author: Required<Author>): Promise<Applied>;
}

/** What tells how it goes, and who sends. */
export interface FlowServices {
  readonly traffic: Pick<Traffic, 'read' | 'last'>;
  readonly waitingAges: Pick<TrafficStorage, 'waitingSince'>;
  readonly devices: Pick<DeviceBook, 'list' | 'lastSeen'>;
  readonly listeners: () => readonly ListenerAddress[];
}

/** The rooms that the admin shows and steers, given by the composition root. */
export interface AdminServices {
  readonly settings: AdminSettings;
  readonly queue: QueueOperations;
  readonly accepting: Accepting;
  readonly upstreams: Pick<Upstreams, 'status' | 'probeNow'>;
  /** Sign-ins at upstreams. */
  readonly authorizations: Authorizations;
  /** Proves that an upstream takes mail; without it there is no route for that. */
  readonly verify?: Verify;
  /** How the last test of each upstream ended; without it none is kept. */
  readonly upstreamTests?: Pick<UpstreamTests, 'list' | 'record'>;
  /** Alerts that stand, and what ends; nothing where they are not kept. */
  readonly alerts?: Pick<AlertBook, 'list'>;
  readonly expiry?: Pick<ExpiryRadar, 'list'>;
  /** Users, sessions and API tokens; without it the machine's token alone gets in. */
  readonly access?: Access;
  /** Who changed what; without it only the log knows. */
  readonly audit?: AuditTrail;
  /** What messages hold; without it there are only their envelopes and their bytes. */
  readonly inbox?: Inbox;
  readonly denied: DeniedStorage;
  /** How much goes through, who sends, how long mail waits, where devices reach us; without it there is no overview. */
  readonly flow?: FlowServices;
  /** Word of changes for pages that are open. */
  readonly events?: EventHub;
  /** The caller as they are now; undefined once their session, token or user is gone. Without it streams are not asked about again. */
  readonly callerNow?: (caller: Caller) => Promise<Caller | undefined>;
  /** Addresses of this machine that others may reach it under. */
  readonly ownAddresses?: () => readonly string[];
  readonly health: Health;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Bearer tokens that are valid now. */
  readonly tokens: () => readonly Secret[];
  /** The simplest way in, where there is no desk for trust anchors. */
  readonly importTrustAnchor: (
    bytes: Buffer,
    name?: string,
    host?: string,
  ) => Promise<readonly ImportedCertificate[]>;
  /** What Postern trusts; without it there is only the import. */
  readonly trustAnchorDesk?: TrustAnchorDesk;
  /** What Postern shows; without it there is no route for that. */
  readonly serverCertificateDesk?: ServerCertificateDesk;
  /** Looks at the certificates of other servers; without it there is no route for that. */
  readonly fetchChain?: FetchChain;
  /** Writes a consistent copy of the store to a file that does not exist yet. Throws RelayError. */
  readonly backup: (file: string) => Promise<void>;
  /** Where the copy waits while it is sent. */
  readonly dataDirectory: string;
  /** Name of this relay in the mail that it writes. */
  readonly hostname: () => string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
