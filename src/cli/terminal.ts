/** What a command sees of the process that it runs in; tests give their own. */
export interface Terminal {
  /** Writes to standard output as it is: text of others has to be made safe first (output.ts). */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Somebody looks at it, so colours help; not in a file or a pipe. */
  readonly colour?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads one line of standard input; undefined at its end. Absent where there is nobody to type. */
  readonly line?: () => Promise<string | undefined>;
  /** The same for what nobody should see: a terminal does not show what is typed. */
  readonly hiddenLine?: (question: string) => Promise<string | undefined>;
  /** Who types, for the journal and the history of the settings. */
  readonly user: string;
}
