/** The audit trail: who changed what, when and from where; the latest first. */
import type { AuditTrail } from '../../access/audit.ts';
import { auditQuerySchema, auditSchema } from '../contract-access.ts';
import { nothing, type Route, route } from '../route.ts';

export function auditRoutes({ audit }: { readonly audit: Pick<AuditTrail, 'list'> }): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/audit',
      access: 'audit.read',
      summary: 'Who changed what, when, from where and how it differs, the latest first.',
      params: nothing,
      query: auditQuerySchema,
      body: nothing,
      answer: auditSchema,
      async handle({ query: { limit, before, by, action, subject } }) {
        const filter = {
          ...(by === undefined ? {} : { by }),
          ...(action === undefined ? {} : { action }),
          ...(subject === undefined ? {} : { subject }),
        };
        // One more than is shown tells whether there is another page.
        const found = await audit.list(filter, limit + 1, before);
        const entries = found.slice(0, limit);
        const last = entries.at(-1);
        return { json: { entries, ...(found.length > limit && last ? { next: last.id } : {}) } };
      },
    }),
  ];
}
