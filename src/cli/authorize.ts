import { z } from 'zod';
import {
  authorizationsSchema,
  forgottenSchema,
  type SignInStartAnswer,
  type SignInStateAnswer,
  signInStartSchema,
  signInStateSchema,
} from '../admin/contract-authorizations.ts';
import { RelayError } from '../shared/errors.ts';
import { type Client, createClient } from './client.ts';
import type { Command, Typed } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe } from './output.ts';
import { beginning, ending, progress } from './sign-in-words.ts';
import { UsageError } from './usage-error.ts';

/** Seconds that one question waits for the end. */
const WAIT = 20;
/** Times that something may be pasted. */
const MOST_PASTES = 5;
/** Questions in a row; more than any sign-in lasts. */
const MOST_QUESTIONS = 1000;

export const authorize: Command = {
  flags: {
    device: { help: 'Sign in on another device, with a code' },
    paste: { help: 'Sign in where the browser cannot reach Postern: paste the address at which it ends' },
    'redirect-path': {
      value: 'PATH',
      help: 'Redirect URI to use: /login/smtp-verification (usual) or /pmpredirect/AzureOAuth',
    },
    'redirect-uris': { help: 'Only print the redirect URIs that can be registered at the provider' },
    forget: { help: 'Forget the consent, and the tokens with it' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details: [
    'Which way to sign in, when:',
    '  the link (usual)   a browser can open accessUrl, on this machine, in the office or over "ssh -L 8025:localhost:8025"',
    '  --paste            a browser anywhere; it ends at a page that does not open, and its address is pasted here',
    '  --device           no browser at hand: a short code is typed at the provider on a telephone, say',
    '  nobody             flow: client-credentials or service-account in the settings; then: verify',
    'Ctrl-C ends the waiting alone. With --json every step is one line of JSON.',
  ].join('\n'),
  async run(typed) {
    const [upstream = ''] = typed.positionals;
    const ways = ['device', 'paste', 'forget', 'redirect-uris'].filter((flag) => typed.on(flag));
    if (ways.length > 1) throw new UsageError(`--${ways[0]} and --${ways[1]} do not go together`);
    if (typed.on('device') && typed.text('redirect-path') !== undefined) {
      throw new UsageError('--device has no use for --redirect-path');
    }
    const client = createClient(typed);
    if (typed.on('forget')) return forget(client, upstream, typed);
    if (typed.on('redirect-uris')) return printRedirectUris(client, typed);
    const started = await start(client, upstream, typed);
    tell(typed, started, beginning(started, { paste: typed.on('paste') }));
    if (!typed.on('paste')) return waitForEnd(client, started, typed);
    return end(await paste(client, typed), typed);
  },
};

function pathOf(upstream: string): string {
  return `/api/v1/upstreams/${encodeURIComponent(upstream)}/authorization`;
}

function start(client: Client, upstream: string, typed: Typed): Promise<SignInStartAnswer> {
  const redirectPath = typed.text('redirect-path');
  const byLink = typed.on('paste') || redirectPath !== undefined;
  const flow = typed.on('device') ? 'device-code' : byLink ? 'authorization-code' : undefined;
  const body = {
    ...(flow === undefined ? {} : { flow }),
    ...(redirectPath === undefined ? {} : { redirectPath }),
  };
  return client.ask(pathOf(upstream), signInStartSchema, { method: 'POST', body });
}

/** Asks until it is over, and says what changes. */
async function waitForEnd(client: Client, started: SignInStartAnswer, typed: Typed): Promise<number> {
  let told = '';
  for (let question = 0; question < MOST_QUESTIONS; question += 1) {
    const state = await client.ask(`/api/v1/sign-ins/${started.id}?wait=${WAIT}`, signInStateSchema);
    if (state.state === 'authorized' || state.state === 'failed') return end(state, typed);
    const lines = progress(state, Date.now());
    const news = lines.join('\n');
    if (news !== told && (question > 0 || state.state === 'redeeming')) tell(typed, state, lines);
    told = news;
  }
  return 1;
}

/** Something else than the address is easily pasted; the sign-in is not lost by that. */
async function paste(client: Client, typed: Typed): Promise<SignInStateAnswer> {
  const { line, err } = typed.terminal;
  for (let left = MOST_PASTES - 1; ; left -= 1) {
    const address = (await line?.())?.trim() ?? '';
    if (address === '') throw new RelayError('bad-request', 'No address was pasted.');
    try {
      const body = { address };
      return await client.ask('/api/v1/sign-ins/finish', signInStateSchema, { method: 'POST', body });
    } catch (error) {
      if (!(error instanceof RelayError) || error.code !== 'bad-request' || left === 0) throw error;
      err(`${safe(error.publicMessage)} ${safe(error.hint ?? '')}\nPaste it again:\n`);
    }
  }
}

function end(state: SignInStateAnswer, typed: Typed): number {
  const good = state.state === 'authorized';
  if (typed.on('json') || good) tell(typed, state, ending(state));
  else for (const line of ending(state)) typed.terminal.err(`${safe(line)}\n`);
  return good ? 0 : 1;
}

async function forget(client: Client, upstream: string, typed: Typed): Promise<number> {
  const gone = await client.ask(pathOf(upstream), forgottenSchema, { method: 'DELETE' });
  tell(typed, gone, [
    `Forgotten: the consent of upstream ${gone.upstream}. Its mail waits until somebody signs in again.`,
    'The provider still lists the application; the account can withdraw it there.',
  ]);
  return 0;
}

async function printRedirectUris(client: Client, typed: Typed): Promise<number> {
  const { redirectUris } = await client.ask(
    '/api/v1/authorizations',
    authorizationsSchema.extend({ authorizations: z.unknown() }),
  );
  tell(typed, { redirectUris }, redirectUris);
  return 0;
}

/** What happened: for people, or one line for programs. */
function tell(typed: Typed, value: object, lines: readonly string[]): void {
  const { out } = typed.terminal;
  if (typed.on('json')) out(`${safe(JSON.stringify(value))}\n`);
  else for (const line of lines) out(`${safe(line)}\n`);
}
