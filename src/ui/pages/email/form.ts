/** What every part of an upstream's form gets. */
import type { Preset, Way } from '../../../admin/contract-configuration.ts';
import type { Json, JsonObject } from '../../json.ts';
import { withAt } from './json.ts';

export interface FormProps {
  readonly upstream: JsonObject;
  /** As it is in force; absent for a new one. */
  readonly saved: JsonObject | undefined;
  readonly change: (next: JsonObject) => void;
  readonly preset: Preset | undefined;
  readonly way: Way | undefined;
  /** Path in the document, for faults: `upstreams[0]`. */
  readonly path: string;
  /** The key file of a service account was read, whose id domain-wide delegation is given to. */
  readonly onServiceAccount?: (id: string) => void;
}

/** Sets what stands at a path; empty texts are left out. */
export function setter(
  { upstream, change }: Pick<FormProps, 'upstream' | 'change'>,
  path: readonly string[],
) {
  return (next: Json | undefined) => change(withAt(upstream, path, next === '' ? undefined : next));
}
