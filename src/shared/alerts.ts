/** Something that an administrator has to do something about, or should know at once. */
export interface Alert {
  /** The same thing has the same key, such as `upstream office authentication`: it is told once until it is cleared. */
  readonly key: string;
  readonly level: 'warning' | 'critical';
  /** One sentence: what happened. */
  readonly text: string;
  readonly remedy?: string;
  /** The upstream that it is about: word of it must not travel over that one. */
  readonly upstream?: string;
  readonly details?: Readonly<Record<string, string | number>>;
}

/** Where rooms report what needs a person; notices/ implements it. Never throws. */
export interface Alerts {
  /** Tells it, unless it was told and not cleared since; anew when it gets worse, from warning to critical. */
  raise(alert: Alert): void;
  /** It is over. Nothing when it was not raised. */
  clear(key: string): void;
}

/** Tells nobody; for tests and tools. */
export const noAlerts: Alerts = { raise: () => undefined, clear: () => undefined };
