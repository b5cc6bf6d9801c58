import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { TrustAnchors } from '../certificates/sources.ts';
import { createNetwork } from '../network/create-network.ts';
import type { Network } from '../network/network.ts';
import { type Authorizations, oauthOf } from '../oauth/authorizations.ts';
import { within } from '../oauth/pause.ts';
import type { OAuthProvider } from '../oauth/provider.ts';
import { createProvider } from '../oauth/providers/create-provider.ts';
import { createAuthorizations } from '../oauth/sign-in/create-authorizations.ts';
import type { AuthorizationStorage } from '../oauth/storage.ts';
import { createTokenSource, type RunningTokenSource } from '../oauth/tokens/create-token-source.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { Sealer } from '../settings/sealer.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Alerts } from '../shared/alerts.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';
import type { Random } from '../shared/random.ts';

export interface OutsideDependencies {
  readonly settings: SettingsSource;
  readonly trustAnchors: TrustAnchors;
  readonly storage: AuthorizationStorage;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  readonly alerts: Alerts;
}

/** The ways out, and the consents and tokens that open the doors there. */
export interface Outside {
  readonly network: Network;
  readonly tokens: RunningTokenSource;
  readonly authorizations: Authorizations;
  /** The authorization server behind an upstream; nothing of what it gives is kept. */
  readonly provider: (upstream: UpstreamSettings) => OAuthProvider;
  /**
   * Stores what providers answer within `patience` ms and what is not stored yet, then breaks off what is still asked; the store
   * has to be open until then.
   */
  close(patience: number): Promise<void>;
}

/** Joins network/ and oauth/. Nothing is asked of anybody before it is needed. */
export function createOutside(deps: OutsideDependencies): Outside {
  const { settings, clock } = deps;
  const network = createNetwork(deps);
  const provider = (upstream: UpstreamSettings): OAuthProvider => {
    const oauth = oauthOf(upstream);
    if (oauth === undefined || upstream.kind === 'test-relay')
      throw new TypeError(`${upstream.name} does not sign in over OAuth 2.0`);
    return createProvider(upstream.name, oauth, {
      reveal: (source) => settings.reveal(source),
      http: network.http,
      clock,
      purpose: upstream.kind,
    });
  };
  const tokens = createTokenSource({
    ...deps,
    provider,
    holder: `${hostname()} ${process.pid} ${randomBytes(6).toString('hex')}`,
  });
  const authorizations = createAuthorizations({
    ...deps,
    provider,
    saveGrant: (upstream, grant, options) => tokens.saveGrant(upstream, grant, options),
  });
  return {
    network,
    tokens,
    authorizations,
    provider,
    async close(patience) {
      await Promise.all([
        within(clock, patience, authorizations.close(), () => undefined),
        tokens.stop(patience),
      ]);
      await network.close();
    },
  };
}
