import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { Sealer } from '../settings/sealer.ts';

/**
 * Names the settings of an upstream: with any change of them, or of a secret that Postern keeps, it is another key. What a file, variable,
 * command or Vault holds is not read for it; its place counts. Nobody learns a secret from the key, for it is made with the
 * master key.
 */
export function upstreamTestKey(upstream: UpstreamSettings, sealer: Pick<Sealer, 'open' | 'digest'>): string {
  const text = JSON.stringify(upstream, (_name, value: unknown) =>
    isSealed(value) ? { value: opened(value.sealed, sealer) } : value,
  );
  return sealer.digest('upstream-test', text);
}

function isSealed(value: unknown): value is { readonly sealed: string } {
  return typeof value === 'object' && value !== null && 'sealed' in value && typeof value.sealed === 'string';
}

/** One that does not open is known by what it is sealed as. */
function opened(sealed: string, sealer: Pick<Sealer, 'open'>): string {
  try {
    return sealer.open('settings', sealed).reveal();
  } catch {
    return sealed;
  }
}
