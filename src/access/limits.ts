/** Times in ms and counts that hold for everybody who uses the admin. */
export const ACCESS_LIMITS = {
  /** A session ends when nobody has done anything for so long. */
  idle: 60 * 60_000,
  /** And in any case after so long. */
  lifetime: 12 * 60 * 60_000,
  /** How exactly it is stored when somebody was seen last. */
  seenEvery: 60_000,
  /** Of one user; the oldest ends when another begins. */
  sessions: 20,
  users: 1000,
  tokens: 1000,
  /** How long a setup link is good that was made although there are users. */
  setupLink: 60 * 60_000,
  /** How long a browser counts as known after a sign-in. */
  knownBrowser: 180 * 24 * 60 * 60_000,
} as const;
