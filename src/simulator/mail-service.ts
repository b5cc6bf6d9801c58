import type { MessageParts } from './message-parts.ts';
import type { Answer } from './scenario.ts';

/** What a client shows at AUTH. */
export interface Credentials {
  readonly mechanism: 'XOAUTH2' | 'OAUTHBEARER';
  readonly user: string;
  readonly token: string;
}

/** A message behind the final dot. */
export interface Submission {
  readonly mailbox: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly content: Buffer;
  readonly parts: MessageParts;
}

/** How a provider's submission server behaves; the SMTP itself is in smtp-connection.ts. */
export interface MailService {
  readonly provider: 'microsoft' | 'google';
  /** Its name in replies. */
  readonly host: string;
  /** Mechanisms as EHLO lists them. */
  readonly mechanisms: string;
  readonly greeting: string;
  /** Bytes of a message. */
  readonly maxSize: number;
  /** Recipients of a message; the reply beyond. */
  readonly maxRecipients: number;
  readonly tooManyRecipients: Answer;
  readonly tooLarge: string;
  readonly notAuthenticated: string;
  /** The answer to a password. */
  readonly passwordRefused: Answer;
  /** The mailbox that is signed in, or what is answered instead. */
  signIn(credentials: Credentials): { readonly mailbox: string } | Answer;
  /** Takes one of the mailbox's connections; false where there is none left. */
  connect(mailbox: string): Answer | undefined;
  disconnect(mailbox: string): void;
  /** What speaks against a message; undefined takes it. */
  judge(submission: Submission): Promise<Answer | undefined>;
  /** What goes out of a message that was taken. */
  outgoing(submission: Submission): { readonly content: Buffer; readonly sender: string };
  /** Text of the 250. */
  accepted(session: string): string;
}
