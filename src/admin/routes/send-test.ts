/** A test mail: goes through the queue like any other, so that what it proves is the whole way. */
import { ownSender } from '../../delivery/own-sender.ts';
import type { Draft } from '../../queue/reports.ts';
import { RelayError } from '../../shared/errors.ts';
import { sendTestAnswerSchema, sendTestRequestSchema } from '../contract.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';
import { createTestMail } from '../test-mail.ts';
import { findUpstream } from './upstreams.ts';

export function sendTestRoutes(
  services: Pick<
    AdminServices,
    'accepting' | 'settings' | 'upstreams' | 'hostname' | 'clock' | 'random' | 'log'
  >,
): readonly Route[] {
  const { accepting, settings, upstreams, hostname, clock, random, log } = services;
  return [
    route({
      method: 'post',
      path: '/api/v1/send-test',
      access: 'mail.send',
      summary:
        'Sends a small test mail, and tries paused upstreams again; the journal of its id says what became of it.',
      params: nothing,
      query: nothing,
      body: sendTestRequestSchema,
      answer: sendTestAnswerSchema,
      api: { statuses: [202], refusals: [404] },
      audit({ call: { body }, reply: { json } }) {
        const way = body.upstream === undefined ? '' : ` over the upstream ${body.upstream}`;
        return {
          action: 'mail.test-sent',
          ...(json === undefined ? {} : { subject: `message ${json.id}` }),
          text: `Sent a test mail to ${body.to}${way}.`,
        };
      },
      async handle({ body, by }) {
        const { upstream } = body;
        if (upstream !== undefined) findUpstream(upstreams, upstream);
        const refusal = accepting.refusal();
        if (refusal) throw new RelayError('overloaded', `The queue takes no mail now: ${refusal.text}`);
        const host = hostname();
        const from = body.from ?? ownSender(settings.current(), upstream) ?? `postern@${host}`;
        const mail = createTestMail({
          from,
          to: body.to,
          hostname: host,
          at: clock.now(),
          token: random.bytes(9).toString('hex'),
          ...(upstream === undefined ? {} : { upstream }),
        });
        const acceptance = await enqueue(accepting, mail);
        upstreams.probeNow(upstream);
        log.info({ id: acceptance.id, by, recipient: body.to, upstream }, 'Test mail queued');
        return { status: 202, json: acceptance };
      },
    }),
  ];
}

async function enqueue(accepting: AdminServices['accepting'], { accepted, body }: Draft) {
  const writer = accepting.begin();
  try {
    await writer.write(body);
    return await writer.commit(accepted);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
