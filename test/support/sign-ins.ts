/** The rooms behind a sign-in, with a provider that does as it is told and keeps what it was asked. */

import { createHash } from 'node:crypto';
import { authorizationKey } from '../../src/oauth/authorization-key.ts';
import { type Authorizations, oauthOf } from '../../src/oauth/authorizations.ts';
import {
  type CodeRequest,
  type DevicePoll,
  type Grant,
  type OAuthProvider,
  ProviderFailure,
} from '../../src/oauth/provider.ts';
import { sealToken } from '../../src/oauth/sealed-tokens.ts';
import { createAuthorizations } from '../../src/oauth/sign-in/create-authorizations.ts';
import { type Settings, type SettingsInput, settingsSchema } from '../../src/settings/schema.ts';
import { createSealer } from '../../src/settings/sealer.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { systemRandom } from '../../src/shared/random.ts';
import { Secret } from '../../src/shared/secret.ts';
import { type MemoryAuthorizations, memoryAuthorizations } from './memory-authorizations.ts';
import { type RecordedLog, recordLog } from './recorded-log.ts';

/** What must be found nowhere. */
export const ACCESS_TOKEN = 'access-token-that-nobody-may-see';
export const REFRESH_TOKEN = 'refresh-token-that-nobody-may-see';
export const CODE = 'code-that-nobody-may-see';
export const DEVICE_CODE = 'device-code-that-nobody-may-see';
export const PROVIDER = 'https://provider.example.com/authorize';

export function grantOf(account = 'relay@example.com', changes: Partial<Grant> = {}): Grant {
  return {
    accessToken: new Secret(ACCESS_TOKEN),
    refreshToken: new Secret(REFRESH_TOKEN),
    expiresAt: Date.UTC(2026, 10, 2, 9),
    scopes: 'mail',
    account,
    ...changes,
  };
}

/** Problems in the shape of the provider's. */
export function providerFailure(
  reason: 'unreachable' | 'authentication' | 'configuration' | 'throttled',
  text: string,
  final = false,
): ProviderFailure {
  return new ProviderFailure({ kind: 'unavailable', reason, text, remedy: 'Mend it.' }, undefined, final);
}

export interface FakeProvider extends OAuthProvider {
  readonly codes: CodeRequest[];
  polls: number;
  /** Answers of redeemCode and of pollDevice; an error is thrown. */
  redeem: () => Promise<Grant>;
  poll: () => Promise<DevicePoll>;
  begin: () => Promise<void>;
  readonly challenges: string[];
}

export function fakeProvider(): FakeProvider {
  const provider: FakeProvider = {
    codes: [],
    challenges: [],
    polls: 0,
    redeem: async () => grantOf(),
    poll: async () => ({ kind: 'pending' }),
    begin: async () => undefined,
    async authorizationUrl({ redirectUri, state, codeChallenge }) {
      await provider.begin();
      provider.challenges.push(codeChallenge);
      const query = new URLSearchParams({ state, redirect_uri: redirectUri, code_challenge: codeChallenge });
      return `${PROVIDER}?${query.toString()}`;
    },
    async redeemCode(request) {
      provider.codes.push(request);
      return provider.redeem();
    },
    async startDevice() {
      await provider.begin();
      return {
        deviceCode: new Secret(DEVICE_CODE),
        userCode: 'ABCD-EFGH',
        verificationUri: 'https://provider.example.com/device',
        expiresIn: 900_000,
        interval: 5000,
      };
    },
    async pollDevice() {
      provider.polls += 1;
      return provider.poll();
    },
    refresh: () => Promise.reject(new Error('not wanted')),
    applicationToken: () => Promise.reject(new Error('not wanted')),
  };
  return provider;
}

/** `challenge` of a verifier as RFC 7636 section 4.2 has it. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

const OFFICE = {
  name: 'office',
  kind: 'smtp',
  host: 'smtp.example.com',
  authentication: {
    type: 'oauth2',
    provider: 'microsoft',
    clientId: 'client-1',
    email: 'relay@example.com',
  },
} as const;

/** Settings with the upstreams office (a person), other (a person), app and key (nobody), and plain (no OAuth). */
export function signInSettings(changes: Partial<SettingsInput> = {}): Settings {
  return settingsSchema.parse({
    accessUrl: 'http://localhost:8025',
    upstreams: [
      OFFICE,
      { ...OFFICE, name: 'other' },
      {
        ...OFFICE,
        name: 'app',
        authentication: { ...OFFICE.authentication, flow: 'client-credentials' },
      },
      {
        ...OFFICE,
        name: 'key',
        authentication: { ...OFFICE.authentication, provider: 'google', flow: 'service-account' },
      },
      { name: 'plain', kind: 'smtp', host: 'smtp.example.com' },
    ],
    ...changes,
  });
}

export interface SignInRooms {
  readonly authorizations: Authorizations;
  readonly storage: MemoryAuthorizations;
  readonly provider: FakeProvider;
  readonly log: RecordedLog;
  /** Puts other settings into force. */
  set(settings: Settings): void;
}

const sealer = createSealer(Buffer.alloc(32, 7));

/** One node; give the storage and provider of another one for two nodes. */
export function signInRooms(
  clock: Clock,
  shared: { readonly storage?: MemoryAuthorizations; readonly provider?: FakeProvider } = {},
  first: Settings = signInSettings(),
): SignInRooms {
  const { storage = memoryAuthorizations(), provider = fakeProvider() } = shared;
  const log = recordLog();
  let settings = first;
  const authorizations = createAuthorizations({
    storage,
    sealer,
    settings: { current: () => settings },
    provider: () => provider,
    async saveGrant(upstream, grant, { by }) {
      const oauth = oauthOf(upstream);
      if (oauth === undefined) throw new Error('no OAuth');
      const version = (await storage.find(upstream.name, ''))?.version ?? 0;
      const place = { upstream: upstream.name, subject: '', key: authorizationKey(oauth, upstream) };
      const row = {
        ...place,
        ...(grant.account === undefined ? {} : { account: grant.account }),
        ...(grant.refreshToken === undefined
          ? {}
          : { refreshToken: sealToken(sealer, place, 'refreshToken', grant.refreshToken) }),
        authorizedAt: clock.now(),
        authorizedBy: by,
        renewedAt: clock.now(),
        version,
      };
      await storage.save(row, version);
    },
    clock,
    random: systemRandom,
    log: log.log,
  });
  return {
    authorizations,
    storage,
    provider,
    log,
    set: (next) => {
      settings = next;
    },
  };
}

/** The parameters with which the provider sends the browser back. */
export function answerTo(url: string, parameters: Record<string, string> = { code: CODE }): URLSearchParams {
  const state = new URL(url).searchParams.get('state') ?? '';
  return new URLSearchParams({ state, ...parameters });
}
