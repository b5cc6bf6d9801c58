/**
 * How long before its end an access token is no longer used. Pure; all in milliseconds.
 *
 * | lifetime | renewed from, before its end | not used from, before its end |
 * |---|---|---|
 * | 5 s | 0.1 s | 0.075 s |
 * | 1 min | 1.2 s | 0.9 s |
 * | 5 min | 6 s | 4.5 s |
 * | 15 min | 2 min 49 s | 2 min 7 s |
 * | 30 min | 6 min 52 s | 5 min 9 s |
 * | 1 h and longer | 15 min | 11 min 15 s |
 *
 * Exchange refuses a token that has less than 10 minutes to live (`501 5.5.127 … Token will expire soon`), hence the quarter
 * of an hour. A short-lived token would be useless with that, so the margin shrinks with the lifetime: to a fiftieth of it
 * below five minutes, so that tokens of a few seconds, too, are asked for once in a lifetime. Between five minutes and an
 * hour it grows in a straight line.
 */
const SHORT = 5 * 60_000;
const SHORT_SHARE = 0.02;
const ORDINARY = 60 * 60_000;
const LONGEST = 15 * 60_000;

/** Part of the margin in which the token is still given out while another one is got in the background. */
const BACKGROUND_SHARE = 0.25;

/** From so long before its end a token is renewed. */
export function renewalMargin(lifetime: number): number {
  const short = SHORT * SHORT_SHARE;
  if (lifetime <= SHORT) return Math.max(0, lifetime) * SHORT_SHARE;
  if (lifetime >= ORDINARY) return LONGEST;
  return short + ((LONGEST - short) * (lifetime - SHORT)) / (ORDINARY - SHORT);
}

/** A token is only given out when it lives so much longer, unless no other one can be got. */
export function usableMargin(lifetime: number): number {
  return renewalMargin(lifetime) * (1 - BACKGROUND_SHARE);
}
