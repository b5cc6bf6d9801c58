/** Sign-in with the authorization code flow (RFC 6749 section 4.1): our link, the provider's page, the way back. */

import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { Sealer } from '../../settings/sealer.ts';
import type { SettingsSource } from '../../settings/source.ts';
import type { Clock } from '../../shared/clock.ts';
import { RelayError } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import { Secret } from '../../shared/secret.ts';
import { authorizationKey } from '../authorization-key.ts';
import { type Authorizations, oauthOf, type SignInStart } from '../authorizations.ts';
import { asRelayError } from '../failures/provider-trouble.ts';
import { failureOfConsent } from '../failures/token-failures.ts';
import type { OAuthProvider } from '../provider.ts';
import type { AuthorizationStorage, PendingSignIn } from '../storage.ts';
import type { BegunSignIns } from './begun-sign-ins.ts';
import { type Callback, readCallback, unknownSignIn } from './callback.ts';
import { type SignInEnd, SignInFailure } from './end-sign-in.ts';
import { openPending, proofText, readProof, sameText, sealPending } from './pending-secrets.ts';
import { createConsentSecrets, stateHash } from './pkce.ts';
import { ownAddress, redirectTrouble, redirectUri, SIGN_IN_PATH } from './redirect-uri.ts';
import { beginAnew } from './sign-in-state.ts';

/** Milliseconds from the start to the way back. */
export const SIGN_IN_LIFETIME = 15 * 60_000;

export interface CodeSignIns extends Pick<Authorizations, 'bind' | 'finish'> {
  start(upstream: UpstreamSettings, by: string, redirectPath?: string): Promise<SignInStart>;
}

export function createCodeSignIns(options: {
  readonly storage: AuthorizationStorage;
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
  readonly settings: Pick<SettingsSource, 'current'>;
  readonly provider: (upstream: UpstreamSettings) => OAuthProvider;
  readonly begun: BegunSignIns;
  readonly end: SignInEnd;
  readonly clock: Clock;
  readonly random: Random;
}): CodeSignIns {
  const { storage, sealer, settings, provider, begun, end, clock, random } = options;

  /** The row that the browser's cookie names, if it is for this state too. Throws RelayError. */
  async function proven(proof: string | undefined, hash: string): Promise<void> {
    const parts = readProof(proof ?? '');
    if (parts === undefined) throw unknownSignIn();
    const row = await storage.findPending(parts.id);
    if (row?.stateHash === undefined) throw unknownSignIn();
    const { binding } = openPending(sealer, row);
    // Both are compared, so that time tells nothing.
    const [sameBinding, sameState] = [sameText(binding, parts.binding), sameText(row.stateHash, hash)];
    if (!sameBinding || !sameState) throw unknownSignIn();
    if (row.state !== 'pending') {
      throw new RelayError('not-allowed', 'This sign-in is over already.', { hint: beginAnew(row.upstream) });
    }
  }

  async function redeem(row: PendingSignIn, { outcome, issuer }: Callback) {
    const secrets = openPending(sealer, row);
    const { upstream, oauth } = end.upstreamFor(row, secrets.key);
    const asked = new URL(secrets.url).hostname;
    // A server that sends the browser on to another one would get that one's code from us (RFC 9700 section 4.4).
    if (issuer !== undefined && issuer !== asked) {
      throw new SignInFailure(
        `The answer is not from ${asked}, which was asked, but from another server; nothing was sent to either.`,
        beginAnew(upstream.name),
      );
    }
    if (outcome.kind === 'error') {
      const { kind: purpose, name } = upstream;
      const facts = { upstream: name, settings: oauth, redirectUri: secrets.redirectUri };
      throw (
        failureOfConsent(outcome.words, purpose === 'test-relay' ? facts : { ...facts, purpose }) ??
        new SignInFailure('The provider refused the sign-in.', beginAnew(name))
      );
    }
    const grant = await provider(upstream).redeemCode({
      code: outcome.code.reveal(),
      codeVerifier: new Secret(secrets.verifier),
      redirectUri: secrets.redirectUri,
    });
    return { upstream, grant };
  }

  return {
    async start(upstream, by, redirectPath) {
      const oauth = oauthOf(upstream);
      if (oauth === undefined) throw new RelayError('internal', 'a sign-in without OAuth');
      const { accessUrl } = settings.current();
      const uri = redirectUri(accessUrl, redirectPath);
      const { state, verifier, challenge } = createConsentSecrets(random);
      const url = await provider(upstream)
        .authorizationUrl({ redirectUri: uri, state: state.reveal(), codeChallenge: challenge })
        .catch(asRelayError);
      const id = random.bytes(16).toString('base64url');
      const now = clock.now();
      const expiresAt = now + SIGN_IN_LIFETIME;
      const common = { id, upstream: upstream.name, expiresAt } as const;
      const flow = 'authorization-code';
      const hash = stateHash(state.reveal());
      const sealed = sealPending(
        sealer,
        { ...common, stateHash: hash },
        {
          key: authorizationKey(oauth, upstream),
          verifier: verifier.reveal(),
          redirectUri: uri,
          url,
          binding: random.bytes(32).toString('base64url'),
        },
      );
      await storage.addPending({
        ...common,
        stateHash: hash,
        flow,
        sealed,
        by,
        createdAt: now,
        state: 'pending',
      });
      for (const dropped of begun.add({ ...common, flow }, now)) {
        await storage.endPending(dropped.id, 'failed', 'A later sign-in took its place.');
      }
      const warning = redirectTrouble(uri, oauth.provider);
      return {
        kind: 'link',
        ...common,
        ...(oauth.email === undefined ? {} : { email: oauth.email }),
        link: ownAddress(accessUrl, SIGN_IN_PATH + id),
        direct: url,
        redirectUri: uri,
        ...(warning === undefined ? {} : { warning }),
      };
    },

    async bind(id) {
      const row = /^[\w-]{22}$/.test(id) ? await storage.findPending(id) : undefined;
      if (row?.stateHash === undefined || row.state !== 'pending' || row.expiresAt <= clock.now()) {
        throw unknownSignIn();
      }
      const { url, binding, key } = openPending(sealer, row);
      try {
        end.upstreamFor(row, key);
      } catch (error) {
        if (!(error instanceof SignInFailure)) throw error;
        throw new RelayError('not-allowed', error.message, { hint: beginAnew(row.upstream) });
      }
      return { url, binding: proofText(id, binding), expiresAt: row.expiresAt };
    },

    async finish(parameters, proof) {
      const callback = readCallback(parameters);
      const hash = stateHash(callback.state);
      if (proof.authenticated !== true) await proven(proof.binding, hash);
      const row = await storage.takePending(hash, clock.now());
      if (row === undefined) throw unknownSignIn();
      return end.finish(row, () => redeem(row, callback));
    },
  };
}
