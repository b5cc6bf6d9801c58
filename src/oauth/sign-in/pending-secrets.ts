/**
 * What a sign-in has to remember until it is finished, sealed in its row of the store: any node can finish it, and whoever
 * reads the store can not.
 */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Sealer } from '../../settings/sealer.ts';
import { RelayError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import type { PendingSignIn } from '../storage.ts';

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

type Row = Pick<PendingSignIn, 'id' | 'upstream' | 'stateHash'>;

/** Sealed for this row alone: in the place of another one's it does not open. */
export function sealPending(sealer: Pick<Sealer, 'seal'>, row: Row, secrets: PendingSecrets): string {
  return sealer.seal('session', new Secret(JSON.stringify(secrets)), placeOf(row));
}

/** Throws RelayError `secret-unavailable` where it was sealed with another master key or for another row, and `internal` where it is something else. */
export function openPending(
  sealer: Pick<Sealer, 'open'>,
  row: Row & Pick<PendingSignIn, 'sealed'>,
): PendingSecrets {
  const parsed = schema.safeParse(JSON.parse(sealer.open('session', row.sealed, placeOf(row)).reveal()));
  if (parsed.success) return parsed.data;
  throw new RelayError('internal', 'A stored sign-in has another form than expected.');
}

function placeOf({ id, upstream, stateHash }: Row): string {
  return JSON.stringify([id, upstream, stateHash]);
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
