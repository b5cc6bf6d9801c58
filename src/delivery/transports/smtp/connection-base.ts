import SMTPConnection from 'nodemailer/lib/smtp-connection';

/** What nodemailer keeps to itself and this class builds on; its version is pinned. */
interface LibraryInternals {
  _responseActions: ((reply: string) => void)[];
  _responseQueue: string[];
  _remainder: string;
  _supportedExtensions: string[];
  _supportedAuth: string[];
  _ehloLines?: string[];
  _maxAllowedSize: number;
  _auth: unknown;
  _onData(chunk: Buffer): void;
  _sendCommand(line: string, logged?: string): void;
  _upgradeConnection(callback: (error: Error | null, secured?: boolean) => void): void;
}

export type LibraryOptions = NonNullable<ConstructorParameters<typeof SMTPConnection>[0]>;

/** The library's connection, with what it keeps to itself. */
// The published types leave the members with an underscore out.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const ConnectionBase = SMTPConnection as unknown as new (
  options: LibraryOptions,
) => SMTPConnection & LibraryInternals;
