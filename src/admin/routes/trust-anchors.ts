/** Certificates of other servers and of authorities that Postern trusts beside those of the system. */
import { uploadedBytes } from '../../certificates/read-upload.ts';
import type { TrustAnchorDesk } from '../../certificates/trust-anchor-desk.ts';
import {
  trustAnchorAnswerSchema,
  trustAnchorParamsSchema,
  trustAnchorRequestSchema,
  trustAnchorSchema,
  trustAnchorsSchema,
} from '../contract-certificates.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

export function trustAnchorRoutes(
  services: Pick<AdminServices, 'importTrustAnchor' | 'trustAnchorDesk' | 'upstreams' | 'log'>,
): readonly Route[] {
  const { importTrustAnchor, trustAnchorDesk: desk, upstreams, log } = services;
  return [
    route({
      method: 'post',
      path: '/api/v1/trust-anchors',
      access: 'certificates.write',
      summary:
        'Trusts certificates (PEM text, or DER or PKCS#7 in base64) from now on, and tries paused upstreams again.',
      params: nothing,
      query: nothing,
      body: trustAnchorRequestSchema,
      answer: trustAnchorAnswerSchema,
      api: { refusals: [422] },
      audit({ reply: { json } }) {
        const imported = json?.imported ?? [];
        const names = imported.map(
          ({ name, fingerprint256, host }) =>
            `${name} (SHA-256 ${fingerprint256})${host === undefined ? '' : ` for ${host} only`}`,
        );
        return {
          action: 'certificates.trusted',
          subject: imported.map(({ name }) => name).join(', '),
          text: `Trusted ${names.join(', ')}.`,
        };
      },
      async handle({ body: { certificate, name, host }, by }) {
        const bytes = uploadedBytes(certificate);
        const options = { ...(name === undefined ? {} : { name }), ...(host === undefined ? {} : { host }) };
        const imported = await (desk?.import(bytes, options) ?? importTrustAnchor(bytes, name, host));
        const names = imported.map((one) => one.name);
        log.info({ by, certificates: names, host }, 'Trust anchors imported');
        upstreams.probeNow();
        return { json: { imported } };
      },
    }),
    ...(desk === undefined ? [] : deskRoutes(desk, log)),
  ];
}

function deskRoutes(desk: TrustAnchorDesk, log: AdminServices['log']): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/trust-anchors',
      access: 'certificates.read',
      summary: 'Lists the certificates that Postern trusts, and files that it cannot use.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: trustAnchorsSchema,
      handle: async () => ({ json: await desk.list() }),
    }),
    route({
      method: 'delete',
      path: '/api/v1/trust-anchors/:id',
      access: 'certificates.write',
      summary: 'Trusts a certificate no more, from the next connection on.',
      params: trustAnchorParamsSchema,
      query: nothing,
      body: nothing,
      answer: trustAnchorSchema,
      api: { refusals: [404, 409] },
      audit({ reply: { json } }) {
        if (json === undefined) return undefined;
        const { name, fingerprint256, host } = json;
        const only = host === undefined ? '' : ` for ${host} only`;
        return {
          action: 'certificates.removed',
          subject: name,
          text: `Trusts ${name} (SHA-256 ${fingerprint256})${only} no more.`,
        };
      },
      async handle({ params: { id }, by }) {
        const removed = await desk.remove(id);
        log.info({ by, certificate: removed.name, file: removed.file }, 'A trust anchor was removed');
        return { json: removed };
      },
    }),
  ];
}
