import type { Clock } from '../shared/clock.ts';
import { type HttpAnswer, type HttpClient, HttpFailure } from '../shared/http.ts';
import { Secret } from '../shared/secret.ts';
import { isJsonObject, type Json } from './json.ts';
import type { VaultSettings } from './schema-outside.ts';
import type { SecretSource } from './schema-values.ts';
import { toJson } from './to-json.ts';
import { serverTrouble, unanswered, VaultFailure } from './vault-failure.ts';

const TIMEOUT = 10_000;
const CONNECT_TIMEOUT = 5000;
/** A secret is small; so is what stands beside it. */
const MAX_ANSWER = 256 * 1024;
/** Part of a token's life after which it is got anew. */
const RENEW_AFTER = 0.8;

export interface VaultSessionDeps {
  readonly vault: VaultSettings;
  readonly reveal: (source: SecretSource) => Promise<Secret>;
  readonly http: () => HttpClient | undefined;
  readonly clock: Clock;
}

/** What Vault answered: JSON where it was some. */
export interface VaultAnswer {
  readonly status: number;
  readonly json: Json | undefined;
}

/** Asks Vault as whom the settings say. */
export interface VaultSession {
  /**
   * GET of a path below /v1/, its steps not yet escaped. A token that came from a role and is refused is got anew once. Throws
   * VaultFailure that begins with `named` when no answer came, or one that says nothing of the path.
   */
  get(path: string, named: string): Promise<VaultAnswer>;
}

/** For one state of the settings; the token lives in memory only. */
export function createVaultSession(deps: VaultSessionDeps): VaultSession {
  const { vault, clock } = deps;
  let role: { readonly token: Secret; readonly until: number } | undefined;
  let login: Promise<Secret> | undefined;

  async function tokenFor(named: string): Promise<Secret> {
    if (vault.appRole === undefined) {
      if (vault.token !== undefined) return deps.reveal(vault.token);
      throw new VaultFailure(`${named} cannot be read: Postern has no token for Vault`, 'set vault.token');
    }
    if (role !== undefined && clock.monotonic() < role.until) return role.token;
    login ??= signIn(named).finally(() => {
      login = undefined;
    });
    return login;
  }

  /** AppRole (Vault's API documentation, "AppRole auth method": login). */
  async function signIn(named: string): Promise<Secret> {
    const { appRole } = vault;
    if (appRole === undefined) throw new Error('there is no role');
    const secretId = await deps.reveal(appRole.secretId);
    const body = JSON.stringify({ role_id: appRole.roleId, secret_id: secretId.reveal() });
    const { status, json } = await ask('POST', `auth/${appRole.mount}/login`, named, undefined, body);
    const auth = isJsonObject(json) && isJsonObject(json['auth']) ? json['auth'] : undefined;
    const token = auth?.['client_token'];
    if (status !== 200 || typeof token !== 'string' || token === '') {
      throw new VaultFailure(
        `${named} cannot be read: Vault refuses the role of vault.appRole (${status})`,
        'check vault.appRole.roleId and secretId, whose life may be over, vault.appRole.mount and vault.namespace',
      );
    }
    const lease = auth?.['lease_duration'];
    const seconds = typeof lease === 'number' && lease > 0 ? lease : 3600;
    role = { token: new Secret(token), until: clock.monotonic() + seconds * 1000 * RENEW_AFTER };
    return role.token;
  }

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    named: string,
    token?: Secret,
    body?: string,
  ): Promise<VaultAnswer> {
    const http = deps.http();
    if (http === undefined) {
      throw new VaultFailure(`${named} cannot be read yet`, 'try again when Postern has started', true);
    }
    let answer: HttpAnswer;
    try {
      answer = await http.send({
        method,
        url: `${vault.address.replace(/\/+$/, '')}/v1/${escaped(path)}`,
        headers: {
          'X-Vault-Request': 'true',
          ...(vault.namespace === undefined ? {} : { 'X-Vault-Namespace': vault.namespace }),
          ...(token === undefined ? {} : { 'X-Vault-Token': token.reveal() }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        connectTimeout: CONNECT_TIMEOUT,
        timeout: TIMEOUT,
        maxAnswer: MAX_ANSWER,
      });
    } catch (error) {
      throw error instanceof HttpFailure ? unanswered(named, error) : error;
    }
    const trouble = serverTrouble(named, answer.status);
    if (trouble) throw trouble;
    return { status: answer.status, json: jsonOf(answer.body) };
  }

  return {
    async get(path, named) {
      const token = await tokenFor(named);
      const first = await ask('GET', path, named, token);
      if (first.status !== 403 || vault.appRole === undefined || token !== role?.token) return first;
      // The token may have been revoked before its time.
      role = undefined;
      return ask('GET', path, named, await tokenFor(named));
    },
  };
}

function escaped(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function jsonOf(body: Buffer): Json | undefined {
  try {
    return toJson(JSON.parse(body.toString('utf8'))).value;
  } catch {
    return undefined; // the text may hold a secret: it goes no further
  }
}
