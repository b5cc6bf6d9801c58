/** Certificates that Postern shows to devices and browsers. Keys come in here and never go out. */
import type { ServerCertificateDesk } from '../../certificates/server-certificate-desk.ts';
import {
  certificateRequestAnswerSchema,
  makeCertificateSchema,
  type SavedServerCertificate,
  savedServerCertificateSchema,
  serverCertificateParamsSchema,
  serverCertificateRequestSchema,
  serverCertificateSchema,
  serverCertificatesSchema,
} from '../contract-certificates.ts';
import { type AuditNote, nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

const PATH = '/api/v1/server-certificates';

export function serverCertificateRoutes({
  desk,
  log,
}: Pick<AdminServices, 'log'> & { readonly desk: ServerCertificateDesk }): readonly Route[] {
  return [
    route({
      method: 'get',
      path: PATH,
      access: 'certificates.read',
      summary: 'Lists the certificates that Postern shows, what is wrong with them, and who shows them.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: serverCertificatesSchema,
      handle: async () => ({ json: { certificates: await desk.list() } }),
    }),
    route({
      method: 'post',
      path: PATH,
      access: 'certificates.write',
      summary: 'Makes a key and a self-signed certificate for these hosts; Postern renews it by itself.',
      params: nothing,
      query: nothing,
      body: makeCertificateSchema,
      answer: savedServerCertificateSchema,
      api: { refusals: [409] },
      audit: ({ reply: { json } }) =>
        note('certificates.made', 'Made the self-signed server certificate', json),
      async handle({ body: { name, hosts, key, replace }, by }) {
        const saved = await desk.make({
          name,
          hosts,
          ...(key === undefined ? {} : { kind: key }),
          ...(replace === undefined ? {} : { replace }),
        });
        log.info({ by, certificate: name, hosts }, 'A self-signed server certificate was asked for');
        return { json: saved };
      },
    }),
    route({
      method: 'put',
      path: `${PATH}/:name`,
      access: 'certificates.write',
      summary:
        'Stores a certificate with its key (PEM pair or PKCS#12), or the certificate for a request made here; it is in force at once.',
      params: serverCertificateParamsSchema,
      query: nothing,
      body: serverCertificateRequestSchema,
      answer: savedServerCertificateSchema,
      api: { refusals: [422] },
      audit: ({ reply: { json } }) => note('certificates.saved', 'Stored the server certificate', json),
      async handle({ params: { name }, body: { certificate, key, password }, by }) {
        const saved = await desk.save(name, {
          certificate,
          ...(key === undefined ? {} : { key }),
          ...(password === undefined ? {} : { password }),
        });
        log.info({ by, certificate: name, warnings: saved.warnings }, 'A server certificate was stored');
        return { json: saved };
      },
    }),
    route({
      method: 'post',
      path: `${PATH}/:name/request`,
      access: 'certificates.write',
      summary: 'Writes a request for an authority (PKCS#10, PEM) with the stored key and names.',
      params: serverCertificateParamsSchema,
      query: nothing,
      body: nothing,
      answer: certificateRequestAnswerSchema,
      api: { refusals: [404, 409, 422] },
      audit: 'read-only',
      handle: async ({ params: { name } }) => ({ json: { request: await desk.request(name) } }),
    }),
    route({
      method: 'delete',
      path: `${PATH}/:name`,
      access: 'certificates.write',
      summary: 'Deletes a certificate that nobody shows, and its key.',
      params: serverCertificateParamsSchema,
      query: nothing,
      body: nothing,
      answer: serverCertificateSchema,
      api: { refusals: [404, 409] },
      audit: ({ reply: { json } }) =>
        json === undefined
          ? undefined
          : {
              action: 'certificates.deleted',
              subject: json.name,
              text: `Deleted the server certificate ${json.name} and its key.`,
            },
      async handle({ params: { name }, by }) {
        const removed = await desk.remove(name);
        log.info({ by, certificate: name }, 'A server certificate was deleted');
        return { json: removed };
      },
    }),
  ];
}

function note(
  action: string,
  what: string,
  saved: SavedServerCertificate | undefined,
): AuditNote | undefined {
  if (saved === undefined) return undefined;
  const { name, certificate } = saved.certificate;
  const print = certificate === undefined ? '' : ` (SHA-256 ${certificate.fingerprint256})`;
  return { action, subject: name, text: `${what} ${name}${print}.` };
}
