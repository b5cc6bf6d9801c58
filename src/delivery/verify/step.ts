import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Reply } from '../outcome.ts';

/** What is looked at, in this order. Steps behind a failed one that they need are skipped. */
export type VerifyStepName =
  | 'settings'
  | 'secrets'
  | 'proxy'
  | 'dns'
  | 'tcp'
  | 'greeting'
  | 'tls'
  | 'token'
  | 'sign-in'
  | 'sender'
  | 'recipient'
  | 'api'
  | 'message';

/** One step of a verification, told when it is over. */
export interface VerifyStep {
  readonly step: VerifyStepName;
  /** What of several: a sender's address, an upstream's fallback. */
  readonly subject?: string;
  readonly result: 'ok' | 'failed' | 'warning' | 'skipped';
  readonly milliseconds: number;
  /** One sentence: what was found. */
  readonly text: string;
  /** The server's own words, bounded. */
  readonly reply?: Reply;
  readonly cause?: string;
  /** The exact command or portal page, filled with this upstream's ids. */
  readonly remedy?: string;
  /** What is worth seeing: addresses, TLS version, chain, claims. Never a token or a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

export interface VerifyRequest {
  readonly upstream: UpstreamSettings;
  /** Senders that are tried with MAIL FROM; the upstream's own address if empty. */
  readonly senders: readonly string[];
  /** Recipient of the dry run; the sender itself if absent. */
  readonly recipient?: string;
  /** A real message goes to this address at the end. */
  readonly sendTo?: string;
}

/** Proves that an upstream takes mail, step by step; ends at the latest after two minutes. Never throws. */
export type Verify = (request: VerifyRequest, signal: AbortSignal) => AsyncIterable<VerifyStep>;
