import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { runLoadProcess, startSinkProcess } from './helpers.ts';
import { relaySettings, startPostern } from './postern.ts';
import { freePort } from './processes.ts';
import { median } from './report.ts';
import type { Scenario } from './scenarios.ts';

/** What signing in with a token costs, beside signing in with a password: Postern alone, on warm connections. */
export interface SignInMeasurement {
  readonly messages: number;
  /** Messages a second of each pair of runs, one right behind the other. */
  readonly pairs: readonly { readonly password: number; readonly token: number }[];
  /** The middle one of the ratios token to password. */
  readonly ratio: number;
  /** Token requests of all runs with a token. */
  readonly tokenRequests: number;
}

const WARM_UP = 1000;
/** As long as the tokens of Entra ID often are. */
const TOKEN_LENGTH = 2000;

const AUTHENTICATIONS = {
  password: () => ({ type: 'password', user: 'relay@example.com', password: { value: 'secret' } }),
  token: (tokenEndpoint: string) => ({
    type: 'oauth2',
    provider: 'generic',
    flow: 'client-credentials',
    mailbox: 'relay@example.com',
    clientId: 'bench',
    clientSecret: { value: 'secret' },
    scopes: 'mail',
    tokenEndpoint,
  }),
} as const;

/** Runs both in turn, so that whatever else the machine does falls on both alike. Our own sink: it speaks XOAUTH2. */
export async function measureSignIn(options: {
  readonly scenario: Scenario;
  readonly messages: number;
  readonly runs: number;
  readonly directory: string;
  readonly within: number;
}): Promise<SignInMeasurement> {
  const tokens = await startTokenEndpoint();
  const pairs: { password: number; token: number }[] = [];
  try {
    for (let round = 1; round <= options.runs; round += 1) {
      // Who goes first changes with every round.
      const order = round % 2 === 1 ? (['password', 'token'] as const) : (['token', 'password'] as const);
      const pair = { password: 0, token: 0 };
      for (const kind of order) {
        pair[kind] = await oneRun({ ...options, kind, tokenEndpoint: tokens.url });
        console.log(`  run ${round}, ${kind}: ${pair[kind].toFixed(1)} messages/s`);
      }
      pairs.push(pair);
    }
  } finally {
    tokens.close();
  }
  return {
    messages: options.messages,
    pairs,
    ratio: median(pairs.map(({ password, token }) => token / password)),
    tokenRequests: tokens.requests(),
  };
}

async function oneRun(options: {
  readonly scenario: Scenario;
  readonly messages: number;
  readonly kind: keyof typeof AUTHENTICATIONS;
  readonly tokenEndpoint: string;
  readonly directory: string;
  readonly within: number;
}): Promise<number> {
  const { scenario, messages, kind, within } = options;
  const sink = await startSinkProcess({ roundTrip: 0, tools: 'own', freePort });
  const directory = join(options.directory, kind);
  try {
    const relay = await startPostern({
      directory,
      settings: (port) => {
        const plain = relaySettings(sink.port, scenario.connections)(port);
        const authentication = AUTHENTICATIONS[kind](options.tokenEndpoint);
        return { ...plain, upstreams: plain.upstreams.map((upstream) => ({ ...upstream, authentication })) };
      },
    });
    try {
      await runLoadProcess(scenario, WARM_UP, relay.port, 'own', within);
      await sink.reached(WARM_UP, within);
      const arrived = sink.reached(WARM_UP + messages, within);
      const [load, lastAt] = await Promise.all([
        runLoadProcess(scenario, messages, relay.port, 'own', within),
        arrived,
      ]);
      return (messages / (lastAt - load.startedAt)) * 1000;
    } finally {
      await relay.stop();
    }
  } finally {
    await sink.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** An authorization server that grants everything. */
async function startTokenEndpoint() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    response.setHeader('Content-Type', 'application/json');
    const answer = { access_token: 't'.repeat(TOKEN_LENGTH), token_type: 'Bearer', expires_in: 3600 };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/token`,
    requests: () => requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
