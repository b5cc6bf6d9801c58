/** A mail relay under measurement: Postern or Postfix, running as real processes that deliver to a sink. */
export interface Subject {
  readonly name: 'postern' | 'postfix';
  /** SMTP port on 127.0.0.1. */
  readonly port: number;
  /** Root of its process tree. */
  readonly pid: number;
  stop(): Promise<void>;
}

export interface SubjectOptions {
  /** Where mail goes: a port of 127.0.0.1, plain SMTP. */
  readonly sinkPort: number;
  /** Connections to the sink at once, at most. */
  readonly connections: number;
  /** A directory of its own, empty or from the start before. */
  readonly directory: string;
  /** Put in front of the command, to watch its system calls. */
  readonly under?: readonly string[];
}
