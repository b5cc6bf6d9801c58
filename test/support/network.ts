import type { TrustAnchors } from '../../src/certificates/sources.ts';
import { createNetwork } from '../../src/network/create-network.ts';
import type { Network } from '../../src/network/network.ts';
import { type Settings, type SettingsInput, settingsSchema } from '../../src/settings/schema.ts';
import type { SecretSource } from '../../src/settings/schema-values.ts';
import type { SettingsSource } from '../../src/settings/source.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';

/** Settings that a test changes by hand. */
export interface LiveSettings extends SettingsSource {
  change(input: SettingsInput): void;
}

/** Secrets are what `reveal` answers; a `{ value }` is itself if that is absent. */
export function liveSettings(
  input: SettingsInput = {},
  reveal: (source: SecretSource) => Promise<Secret> = valueOf,
): LiveSettings {
  let settings: Settings = settingsSchema.parse(input);
  const listeners = new Set<(settings: Settings, previous: Settings) => void>();
  return {
    current: () => settings,
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    reveal,
    change(next) {
      const previous = settings;
      settings = settingsSchema.parse(next);
      for (const callback of listeners) callback(settings, previous);
    },
  };
}

async function valueOf(source: SecretSource): Promise<Secret> {
  return new Secret('value' in source ? source.value : '');
}

/** Trust anchors that a test changes by hand. */
export function liveAnchors(...pem: readonly string[]): TrustAnchors & { trust(...pem: string[]): void } {
  let authorities: readonly string[] = pem;
  const listeners = new Set<() => void>();
  return {
    authorities: () => authorities,
    isPinned: () => false,
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    trust(...more) {
      authorities = more;
      for (const callback of listeners) callback();
    },
  };
}

/** The real network over settings in memory. */
export function startNetwork(
  options: {
    readonly settings?: SettingsInput | LiveSettings;
    readonly anchors?: TrustAnchors;
    readonly clock?: Clock;
  } = {},
): Network {
  const { settings = {}, anchors = liveAnchors(), clock = systemClock } = options;
  const source = 'current' in settings ? settings : liveSettings(settings);
  return createNetwork({ settings: source, trustAnchors: anchors, clock });
}
