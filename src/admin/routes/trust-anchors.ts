/** Imports certificates that upstreams show and nobody else vouches for. */
import { trustAnchorAnswerSchema, trustAnchorRequestSchema } from '../contract.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

export function trustAnchorRoutes(
  services: Pick<AdminServices, 'importTrustAnchor' | 'upstreams' | 'log'>,
): readonly Route[] {
  const { importTrustAnchor, upstreams, log } = services;
  return [
    route({
      method: 'post',
      path: '/api/v1/trust-anchors',
      access: 'certificates.write',
      summary:
        'Trusts a certificate (PEM text, or DER in base64) from now on, and tries paused upstreams again.',
      params: nothing,
      query: nothing,
      body: trustAnchorRequestSchema,
      answer: trustAnchorAnswerSchema,
      api: { refusals: [422] },
      audit({ reply: { json } }) {
        const imported = json?.imported ?? [];
        const names = imported.map(({ name, fingerprint256 }) => `${name} (SHA-256 ${fingerprint256})`);
        return {
          action: 'certificates.trusted',
          subject: imported.map(({ name }) => name).join(', '),
          text: `Trusted ${names.join(', ')}.`,
        };
      },
      async handle({ body: { certificate, name }, by }) {
        const imported = await importTrustAnchor(bytesOf(certificate), name);
        const names = imported.map((one) => one.name);
        log.info({ by, certificates: names }, 'Trust anchors imported');
        upstreams.probeNow();
        return { json: { imported } };
      },
    }),
  ];
}

/** PEM is sent as it is; anything else as base64, which has no dashes. */
function bytesOf(certificate: string): Buffer {
  return certificate.includes('-----BEGIN') ? Buffer.from(certificate) : Buffer.from(certificate, 'base64');
}
