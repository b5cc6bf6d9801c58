/** A test mail: goes through the queue like any other, so that what it proves is the whole way. */
import { sendTestAnswerSchema, sendTestRequestSchema } from '../contract.ts';
import { nothing, type Route, route } from '../route.ts';
import { sendTestMail, type TestMailServices } from '../send-test-mail.ts';
import { findUpstream } from './upstreams.ts';

export function sendTestRoutes(services: TestMailServices): readonly Route[] {
  const { upstreams } = services;
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
        const acceptance = await sendTestMail(services, { ...body, to: [body.to], by });
        return { status: 202, json: acceptance };
      },
    }),
  ];
}
