/**
 * Sign-in with a code that is typed on another device (RFC 8628), for machines without a browser. The device code lives in the
 * memory of this node alone: after a restart the row expires, and one begins anew.
 */
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Random } from '../../shared/random.ts';
import { authorizationKey } from '../authorization-key.ts';
import { oauthOf, type SignInStart } from '../authorizations.ts';
import { asRelayError } from '../failures/provider-trouble.ts';
import type { OAuthProvider } from '../provider.ts';
import type { AuthorizationStorage, PendingSignIn } from '../storage.ts';
import type { BegunSignIns } from './begun-sign-ins.ts';
import { pollDevice } from './device-polling.ts';
import { type SignInEnd, SignInFailure } from './end-sign-in.ts';
import { beginAnew } from './sign-in-state.ts';

/** Milliseconds; providers give 15 minutes, and nobody needs more than this. */
const LONGEST = 60 * 60_000;

export interface DeviceSignIns {
  start(upstream: UpstreamSettings, by: string): Promise<SignInStart>;
}

export function createDeviceSignIns(options: {
  readonly storage: AuthorizationStorage;
  readonly provider: (upstream: UpstreamSettings) => OAuthProvider;
  readonly begun: BegunSignIns;
  readonly end: SignInEnd;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): DeviceSignIns {
  const { storage, begun, end, clock, random, log } = options;

  return {
    async start(upstream, by) {
      const oauth = oauthOf(upstream);
      if (oauth === undefined) throw new RelayError('internal', 'a sign-in without OAuth');
      const provider = options.provider(upstream);
      const code = await provider.startDevice().catch(asRelayError);
      const now = clock.now();
      const flow = 'device-code';
      const id = random.bytes(16).toString('base64url');
      const common = { id, upstream: upstream.name, expiresAt: now + Math.min(code.expiresIn, LONGEST) };
      const row: PendingSignIn = {
        ...common,
        flow,
        // Nothing of it has to outlive this process.
        sealed: '',
        by,
        createdAt: now,
        state: 'pending',
      };
      await storage.addPending(row);
      const key = authorizationKey(oauth, upstream);
      const polling = pollDevice({
        code,
        expiresAt: common.expiresAt,
        provider,
        granted(grant) {
          const finished = end.finish(row, async () => ({
            upstream: end.upstreamFor(row, key).upstream,
            grant,
          }));
          end.inBackground(finished);
        },
        failed(text, remedy) {
          const failure = new SignInFailure(text, remedy ?? beginAnew(upstream.name));
          end.inBackground(end.finish(row, () => Promise.reject(failure)));
        },
        clock,
        log,
      });
      for (const dropped of begun.add({ ...common, flow, stop: polling.stop }, now)) {
        await storage.endPending(dropped.id, 'failed', 'A later sign-in took its place.');
      }
      return {
        kind: 'device',
        ...common,
        ...(oauth.email === undefined ? {} : { email: oauth.email }),
        userCode: code.userCode,
        verificationUri: code.verificationUri,
        ...(code.verificationUriComplete === undefined
          ? {}
          : { verificationUriComplete: code.verificationUriComplete }),
      };
    },
  };
}
