/**
 * Consent of people: begun from the command line or the API, given at the provider, finished by a redirect, by an address
 * that somebody pasted, or by a device code.
 *
 * Promises: a code is redeemed once, whichever nodes its redirect reaches; nobody finishes a sign-in who neither followed our
 * link in the same browser nor was authenticated; states, codes and tokens are in no log, no error and, but sealed, in no
 * store; what was begun ends by itself, and few are open at once.
 */

import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Sealer } from '../../settings/sealer.ts';
import type { SettingsSource } from '../../settings/source.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Random } from '../../shared/random.ts';
import { authorizationKey, needsConsent } from '../authorization-key.ts';
import { type Authorizations, oauthOf } from '../authorizations.ts';
import type { OAuthProvider } from '../provider.ts';
import type { AuthorizationStorage } from '../storage.ts';
import { authorizationStatus } from './authorization-status.ts';
import { createAuthorizedNews } from './authorized-news.ts';
import { createBegunSignIns } from './begun-sign-ins.ts';
import { createCodeSignIns } from './code-sign-ins.ts';
import { createDeviceSignIns } from './device-sign-ins.ts';
import { createSignInEnd, type SaveGrant } from './end-sign-in.ts';
import { redirectUris } from './redirect-uri.ts';
import { signInState } from './sign-in-state.ts';
import { findConsentUpstream } from './upstream-with-consent.ts';

export interface AuthorizationsDependencies {
  readonly storage: AuthorizationStorage;
  readonly sealer: Sealer;
  readonly settings: Pick<SettingsSource, 'current'>;
  readonly provider: (upstream: UpstreamSettings) => OAuthProvider;
  readonly saveGrant: SaveGrant;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function createAuthorizations(dependencies: AuthorizationsDependencies): Authorizations {
  const { storage, settings, sealer, clock, log } = dependencies;
  const begun = createBegunSignIns();
  const news = createAuthorizedNews(dependencies);
  const end = createSignInEnd({ ...dependencies, begun, news });
  const codes = createCodeSignIns({ ...dependencies, begun, end });
  const devices = createDeviceSignIns({ ...dependencies, begun, end });

  return {
    async status() {
      const rows = await storage.list();
      return settings.current().upstreams.flatMap((upstream) => {
        const own = rows.filter((row) => row.upstream === upstream.name);
        const oauth = oauthOf(upstream);
        if (oauth === undefined) return [];
        const key = authorizationKey(oauth, upstream);
        return authorizationStatus(upstream, own, key, sealer.keyId) ?? [];
      });
    },
    async start(name, { by, flow, redirectPath }) {
      const { upstream, oauth } = findConsentUpstream(settings.current(), name);
      await storage.removeExpiredPending(clock.now());
      const chosen = flow ?? oauth.flow;
      const started =
        chosen === 'device-code'
          ? await devices.start(upstream, by)
          : await codes.start(upstream, by, redirectPath);
      log.info({ upstream: name, flow: chosen, by }, 'Sign-in begun');
      return started;
    },
    redirectUris: () => redirectUris(settings.current().accessUrl),
    bind: codes.bind,
    finish: codes.finish,
    async signIn(id) {
      const row = /^[\w-]{22}$/.test(id) ? await storage.findPending(id) : undefined;
      if (row === undefined)
        throw new RelayError('not-found', 'There is no such sign-in, or it was too long ago.');
      return signInState(row, settingsOf(row.upstream), clock.now());
    },
    async forget(name, by) {
      const upstream = settings.current().upstreams.find((one) => one.name === name);
      const rows = (await storage.list()).filter((row) => row.upstream === name);
      const oauth = upstream === undefined ? undefined : oauthOf(upstream);
      if (rows.length === 0 && (oauth === undefined || !needsConsent(oauth))) {
        findConsentUpstream(settings.current(), name);
      }
      for (const { id } of begun.drop(name)) await storage.endPending(id, 'failed', `${by} ended it.`);
      await storage.remove(name);
      log.info({ upstream: name, account: rows[0]?.account, by }, 'Authorization removed');
    },
    onAuthorized: news.onAuthorized,
    async close() {
      begun.drop();
      news.close();
      await end.settled();
    },
  };

  function settingsOf(name: string) {
    const upstream = settings.current().upstreams.find((one) => one.name === name);
    return upstream === undefined ? undefined : oauthOf(upstream);
  }
}
