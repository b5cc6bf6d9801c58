/** Signs an upstream of a running Postern in at the simulator: our API begins it, a browser goes the whole way, a person consents. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { ADMIN_TOKEN_FILE } from '../../src/admin/admin-token.ts';
import { signInStartSchema } from '../../src/admin/contract-authorizations.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { createBrowser, type Page } from './sign-in-browser.ts';
import { consentAt } from './simulator-client.ts';

/** The API of a running Postern, called as automation would. */
export interface RemoteAdmin {
  readonly url: string;
  call(path: string, body?: unknown, method?: string): Promise<{ status: number; text: string }>;
  /** How the consent behind this upstream stands. */
  standing(upstream: string): Promise<z.output<typeof standingSchema>>;
  /** Trusts the simulator from now on. */
  trust(simulator: Pick<Simulator, 'certificateAuthority'>): Promise<void>;
}

const standingSchema = z.object({
  upstream: z.string(),
  state: z.enum(['none', 'authorized', 'failing', 'void', 'stale']),
  text: z.string().optional(),
  remedy: z.string().optional(),
});

const authorizationsSchema = z.object({ authorizations: z.array(standingSchema) });

/** `port` is that of the admin on 127.0.0.1; the token is read from the data directory. */
export function remoteAdmin(port: number, dataDirectory: string): RemoteAdmin {
  const url = `http://127.0.0.1:${port}`;
  const call: RemoteAdmin['call'] = async (path, body, method) => {
    const token = (await readFile(join(dataDirectory, ADMIN_TOKEN_FILE), 'utf8')).trim();
    const response = await fetch(url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    return { status: response.status, text: await response.text() };
  };
  return {
    url,
    call,
    async standing(upstream) {
      const { status, text } = await call('/api/v1/authorizations');
      expect(status, text).to.equal(200);
      const { authorizations } = authorizationsSchema.parse(JSON.parse(text));
      return authorizations.find((each) => each.upstream === upstream) ?? expect.fail(`no ${upstream}`);
    },
    async trust({ certificateAuthority }) {
      const body = { certificate: certificateAuthority, name: 'simulator' };
      const { status, text } = await call('/api/v1/trust-anchors', body);
      expect(status, text).to.equal(200);
    },
  };
}

/** Where the browser was sent, and the page at which it ended. */
export interface Consent {
  readonly id: string;
  /** The provider's consent page, with everything that we put into it. */
  readonly consentPage: string;
  /** Our redirect URI with the code and the state. */
  readonly redirected: URL;
  readonly page: Page;
}

/** Begins and finishes a sign-in with a link. Postern's accessUrl has to be the address of `admin`. */
export async function consentFor(
  admin: RemoteAdmin,
  simulator: Simulator,
  upstream = 'office',
): Promise<Consent> {
  const begun = await admin.call(`/api/v1/upstreams/${encodeURIComponent(upstream)}/authorization`, {});
  expect(begun.status, begun.text).to.equal(201);
  const start = signInStartSchema.parse(JSON.parse(begun.text));
  if (start.kind !== 'link') throw new Error('a device code was given');
  const browser = createBrowser();
  const away = await browser.go(start.link);
  expect(away.status, away.text).to.equal(302);
  const consentPage = away.headers['location'] ?? '';
  const { location, page } = await consentAt(simulator, consentPage);
  if (location === undefined) throw new Error(`The simulator did not send the browser back: ${page}`);
  return { id: start.id, consentPage, redirected: location, page: await browser.go(location.href) };
}

/** The same, where it has to succeed. */
export async function authorize(
  admin: RemoteAdmin,
  simulator: Simulator,
  upstream = 'office',
): Promise<void> {
  const { page } = await consentFor(admin, simulator, upstream);
  expect(page.status, page.text).to.equal(200);
}

/** Settings of an upstream at the simulated Microsoft, by authorization code. */
export function simulatedUpstream(simulator: Simulator, rest: Readonly<Record<string, unknown>> = {}) {
  const { microsoft } = simulator;
  return {
    name: 'office',
    kind: 'smtp',
    host: microsoft.smtp.host,
    port: microsoft.smtp.port,
    security: 'starttls',
    authentication: {
      type: 'oauth2',
      provider: 'microsoft',
      flow: 'authorization-code',
      email: microsoft.account.email,
      tenantId: microsoft.tenantId,
      clientId: microsoft.clientId,
      clientSecret: { value: microsoft.clientSecret },
      authorizationEndpoint: microsoft.authorizationEndpoint,
      tokenEndpoint: microsoft.tokenEndpoint,
      deviceAuthorizationEndpoint: microsoft.deviceAuthorizationEndpoint,
    },
    from: { address: microsoft.account.email, rewrite: 'always' },
    ...rest,
  };
}
