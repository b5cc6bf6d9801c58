/** What needs a person: alerts that stand, and what ends soon. */
import { alertsSchema, expirySchema } from '../contract-attention.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

export function attentionRoutes({
  alerts,
  expiry,
}: Pick<AdminServices, 'alerts' | 'expiry'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/alerts',
      access: 'status.read',
      summary: 'Alerts of this node that were told and are not over, critical ones first.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: alertsSchema,
      handle: () => ({ json: { alerts: alerts?.list() ?? [] } }),
    }),
    route({
      method: 'get',
      path: '/api/v1/expiry',
      access: 'status.read',
      summary: 'Secrets, certificates and authorizations with their last day, the soonest first.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: expirySchema,
      handle: () => ({ json: { expiry: expiry?.list() ?? [] } }),
    }),
  ];
}
