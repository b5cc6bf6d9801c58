/**
 * What a sign-in has to remember until it is finished, sealed in its row of the store: any node can finish it, and whoever
 * reads the store can not.
 */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Sealer } from '../../settings/sealer.ts';
import { RelayError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';

const schema = z.object({
  /** Of the authorization that it is for (authorization-key.ts). */
  key: z.string(),
  verifier: z.string(),
  redirectUri: z.string(),
  /** The provider's address, with the state. */
  url: z.string(),
  /** What the browser that follows our link is known by. */
  binding: z.string(),
});

export type PendingSecrets = z.output<typeof schema>;

export function sealPending(sealer: Pick<Sealer, 'seal'>, secrets: PendingSecrets): string {
  return sealer.seal('session', new Secret(JSON.stringify(secrets)));
}

/** Throws RelayError `secret-unavailable` where another master key sealed it, and `internal` where it is something else. */
export function openPending(sealer: Pick<Sealer, 'open'>, sealed: string): PendingSecrets {
  const parsed = schema.safeParse(JSON.parse(sealer.open('session', sealed).reveal()));
  if (parsed.success) return parsed.data;
  throw new RelayError('internal', 'A stored sign-in has another form than expected.');
}

const PROOF = /^([\w-]{22})\.([\w-]{43})$/;

/** The cookie's value: the sign-in's id, which finds the row without the state, and its binding. */
export function proofText(id: string, binding: string): string {
  return `${id}.${binding}`;
}

/** The parts of a cookie's value; undefined where it is not well-formed. */
export function readProof(text: string): { readonly id: string; readonly binding: string } | undefined {
  const [, id, binding] = PROOF.exec(text) ?? [];
  return id === undefined || binding === undefined ? undefined : { id, binding };
}

/** Takes the same time wherever two texts differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
