/** Looks at the certificates of another server, so that an administrator can compare and trust them. */
import type { FetchChain } from '../../network/fetch-chain.ts';
import { fetchAnswerSchema, fetchRequestSchema } from '../contract-certificates.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

export function fetchCertificateRoutes({
  fetchChain,
  audit,
  log,
}: Pick<AdminServices, 'audit' | 'log'> & { readonly fetchChain: FetchChain }): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/certificates/fetch',
      access: 'certificates.write',
      summary:
        'Shows the certificates of a server (SMTP with STARTTLS, SMTP over TLS, HTTPS) and what is wrong with them; trusts nothing.',
      params: nothing,
      query: nothing,
      body: fetchRequestSchema,
      answer: fetchAnswerSchema,
      api: { refusals: [422] },
      audit: 'itself',
      async handle({ body, caller, address, by, signal }) {
        // Whoever looks around with this is seen, whether there was an answer or not.
        log.info({ by, ...body }, 'Asking a server for its certificates');
        await audit?.record({
          caller,
          address,
          action: 'certificates.fetched',
          subject: body.host,
          text: `Asked ${body.host} port ${body.port} for its certificates (${body.security}).`,
        });
        return { json: await fetchChain(body, signal) };
      },
    }),
  ];
}
