import { oauthOf } from '../../oauth/authorizations.ts';
import type { SmtpUpstreamSettings } from '../../settings/schema-upstreams.ts';
import { accountOf } from '../account.ts';
import type { UpstreamConnection } from '../transports/smtp/connection.ts';
import { firstSteps } from './first-steps.ts';
import { lookAtToken } from './look-at-token.ts';
import { reachServer } from './reach-server.ts';
import { sendMessage } from './send-message.ts';
import { sendersOf } from './senders-of.ts';
import { signIn } from './sign-in.ts';
import { trySenders } from './try-senders.ts';
import type { Verification } from './verification.ts';

/** Longest waits, ms. */
const TOKEN = 30_000;
const SIGN_IN = 45_000;
const MESSAGE = 75_000;
const GOODBYE = 2000;

/** From the settings to a sender that the server takes. What does not depend on a step that failed is looked at all the same. */
export async function verifySmtp(run: Verification, upstream: SmtpUpstreamSettings): Promise<void> {
  const { host, port, name } = upstream;
  const first = await firstSteps(run, { upstream: name, host, port });
  let connection: UpstreamConnection | undefined;
  if (first.found) connection = await reachServer(run, upstream);
  else skipAll(run, ['tcp', 'greeting', 'tls'], `There is no address for ${host}.`);
  try {
    const token = first.secrets ? await tokenStep(run, upstream) : skipToken(run, upstream);
    const obstacle =
      connection === undefined
        ? 'There is no connection to sign in on.'
        : first.secrets
          ? token
          : 'A secret cannot be read.';
    if (upstream.authentication.type === 'none') {
      run.skip('sign-in', 'The settings want no sign-in.');
    } else if (obstacle === undefined) {
      // A connection of its own, made as deliveries make them.
      await connection?.leave(GOODBYE);
      connection = undefined;
      const step = await run.run('sign-in', SIGN_IN, (signal) =>
        signIn(run, upstream, signal, (signedIn) => (connection = signedIn)),
      );
      if (step.result === 'failed') connection = undefined;
    } else {
      run.skip('sign-in', obstacle);
      await connection?.leave(GOODBYE);
      connection = undefined;
    }
    await lastSteps(run, upstream, connection);
  } finally {
    void connection?.leave(GOODBYE);
  }
}

/** Why there is no token; undefined when there is one, or none is wanted. */
async function tokenStep(run: Verification, upstream: SmtpUpstreamSettings): Promise<string | undefined> {
  const oauth = oauthOf(upstream);
  if (oauth === undefined) return undefined;
  const step = await run.run('token', TOKEN, (signal) => lookAtToken(run, oauth, signal));
  return step.result === 'failed' || step.result === 'skipped' ? 'There is no token.' : undefined;
}

function skipToken(run: Verification, upstream: SmtpUpstreamSettings): undefined {
  if (oauthOf(upstream)) run.skip('token', 'A secret cannot be read.');
}

async function lastSteps(
  run: Verification,
  upstream: SmtpUpstreamSettings,
  connection: UpstreamConnection | undefined,
): Promise<void> {
  const senders = sendersOf(run.request, accountOf(upstream));
  const { sendTo } = run.request;
  if (connection === undefined) {
    run.skip('sender', 'There is no connection that mail could be sent over.');
    if (sendTo !== undefined)
      run.skip('message', 'There is no connection that mail could be sent over.', sendTo);
    return;
  }
  if (senders.length === 0)
    run.skip(
      'sender',
      'There is no address to try: the upstream has no from address, and no sender was named (--sender ADDRESS)',
    );
  await trySenders(run, upstream, connection, senders);
  if (sendTo === undefined) return;
  await connection.leave(GOODBYE);
  const sender = senders[0] ?? `postern@${run.hostname()}`;
  await run.run('message', MESSAGE, (signal) => sendMessage(run, sender, sendTo, signal), sendTo);
}

function skipAll(run: Verification, steps: readonly ('tcp' | 'greeting' | 'tls')[], why: string): void {
  for (const step of steps) run.skip(step, why);
}
