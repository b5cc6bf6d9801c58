import { oauthOf } from '../../oauth/authorizations.ts';
import { apiTarget } from '../transports/api/api-endpoint.ts';
import type { ApiUpstreamSettings } from '../transports/api/mailbox-of.ts';
import { firstSteps } from './first-steps.ts';
import { lookAtToken } from './look-at-token.ts';
import { reachApi } from './reach-api.ts';
import { sendMessage } from './send-message.ts';
import { sendersOf } from './senders-of.ts';
import { tryApi } from './try-api.ts';
import { usualMailbox } from './usual-mailbox.ts';
import type { Verification } from './verification.ts';

/** Longest waits, ms. */
const TOKEN = 30_000;
const API = 25_000;
const MESSAGE = 75_000;

/** From the settings to an API that lets Postern send. */
export async function verifyApi(run: Verification, upstream: ApiUpstreamSettings): Promise<void> {
  const target = apiTarget(upstream);
  const first = await firstSteps(run, target);
  let reached = false;
  if (first.found) reached = await reachApi(run, upstream);
  else {
    run.skip('tcp', `There is no address for ${target.host}.`);
    run.skip('tls', `There is no address for ${target.host}.`);
  }
  const oauth = oauthOf(upstream);
  let obstacle = reached ? undefined : `${target.host} cannot be reached.`;
  if (oauth === undefined || !first.secrets) {
    obstacle = oauth === undefined ? 'There is no way to sign in.' : 'A secret cannot be read.';
    run.skip('token', obstacle);
  } else {
    const token = await run.run('token', TOKEN, (signal) => lookAtToken(run, oauth, signal));
    if (token.result === 'failed' || token.result === 'skipped') obstacle = 'There is no token.';
  }
  const { sendTo } = run.request;
  if (obstacle !== undefined) {
    run.skip('api', obstacle);
    if (sendTo !== undefined) run.skip('message', obstacle, sendTo);
    return;
  }
  const api = await run.run('api', API, (signal) => tryApi(run, upstream, signal));
  run.skip(
    'sender',
    `An API knows no dry run for senders; only a real message proves one${sendTo === undefined ? ': --send-to ADDRESS' : '.'}`,
  );
  if (sendTo === undefined) return;
  if (api.result === 'failed') {
    run.skip('message', 'The API does not let Postern send.', sendTo);
    return;
  }
  const [chosen] = sendersOf(run.request, usualMailbox(upstream));
  const sender = chosen ?? `postern@${run.hostname()}`;
  await run.run('message', MESSAGE, (signal) => sendMessage(run, sender, sendTo, signal), sendTo);
}
