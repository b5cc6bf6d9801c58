/*
 * When a scenario is played. `connect`: at a new SMTP connection; `auth`: behind AUTH; `mail`, `rcpt`: at the command; `final`:
 * behind the final dot; `token`: at the token endpoint; `api`: at Graph or the Gmail API.
 */
export type Stage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'final' | 'token' | 'api';

/** What is answered. */
export type Answer =
  /** An SMTP reply, perhaps of several lines; `close` ends the connection behind it. */
  | { readonly kind: 'reply'; readonly code: number; readonly text: string; readonly close?: boolean }
  /** The 334 with JSON of XOAUTH2 and OAUTHBEARER, and the reply that follows it. */
  | { readonly kind: 'challenge'; readonly json: Readonly<Record<string, string>>; readonly text: string }
  /** The connection breaks; `taken`: the message had been taken. */
  | { readonly kind: 'lost'; readonly taken: boolean }
  /** Taken, with so many milliseconds until the reply. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** Taken and confirmed, and then the connection breaks. */
  | { readonly kind: 'reset-after' }
  /** No valid certificate, STARTTLS that fails. */
  | { readonly kind: 'tls-failure' }
  /** An error of Microsoft Entra. */
  | {
      readonly kind: 'entra';
      readonly status: number;
      readonly error: string;
      readonly code: number;
      readonly text: string;
    }
  /** An answer over HTTP as it is; `{date}` in a header is the time in so many seconds as `retryIn` says. */
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: unknown;
      /** Seconds, for an HTTP date in Retry-After. */
      readonly retryDate?: number;
    };

export interface Scenario {
  /** kebab-case, the name that it is asked for by. */
  readonly name: string;
  readonly stage: Stage;
  readonly answer: Answer;
}
