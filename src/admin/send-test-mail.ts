/** Puts a test mail into the queue like any other mail, so that what it proves is the whole way, and follows it to its end. */
import { ownSender } from '../delivery/own-sender.ts';
import type { Acceptance } from '../queue/accepting.ts';
import { enqueue } from './enqueue.ts';
import { followTestMail } from './follow-test-mail.ts';
import type { AdminServices } from './services.ts';
import { createTestMail } from './test-mail.ts';

export type TestMailServices = Pick<
  AdminServices,
  'accepting' | 'settings' | 'upstreams' | 'queue' | 'hostname' | 'clock' | 'random' | 'log' | 'upstreamTests'
>;

export interface TestMailRequest {
  /** ASCII addresses. */
  readonly to: readonly string[];
  readonly from?: string | undefined;
  /** Name of an upstream; the routes choose if absent. */
  readonly upstream?: string | undefined;
  readonly by: string;
}

/** Throws RelayError `overloaded` where the queue takes nothing, and what the store throws. */
export async function sendTestMail(
  services: TestMailServices,
  request: TestMailRequest,
): Promise<Acceptance> {
  const { accepting, settings, upstreams, hostname, clock, random, log } = services;
  const { to, upstream, by } = request;
  const host = hostname();
  const from = request.from ?? ownSender(settings.current(), upstream) ?? `postern@${host}`;
  const mail = createTestMail({
    from,
    to,
    hostname: host,
    at: clock.now(),
    token: random.bytes(9).toString('hex'),
    ...(upstream === undefined ? {} : { upstream }),
  });
  const acceptance = await enqueue(accepting, mail);
  upstreams.probeNow(upstream);
  log.info({ id: acceptance.id, by, recipients: to, upstream }, 'Test mail queued');
  followTestMail(services, { id: acceptance.id, by, sentTo: to.join(' '), upstream });
  return acceptance;
}
