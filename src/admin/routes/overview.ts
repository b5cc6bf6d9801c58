/** How it goes: the state of everything at once, and what went through. */
import { z } from 'zod';
import { overviewSchema, trafficSchema } from '../contract-overview.ts';
import { createOverview } from '../overview.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices, FlowServices } from '../services.ts';

const span = z.strictObject({
  span: z
    .enum(['hour', 'day', 'week'], { error: 'is not one of hour, day, week' })
    .optional()
    .default('hour'),
});

export function overviewRoutes(services: AdminServices & { readonly flow: FlowServices }): readonly Route[] {
  const overview = createOverview(services);
  return [
    route({
      method: 'get',
      path: '/api/v1/overview',
      access: 'status.read',
      summary: 'Whether mail flows, and what needs attention.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: overviewSchema,
      handle: async () => ({ json: await overview() }),
    }),
    route({
      method: 'get',
      path: '/api/v1/traffic',
      access: 'status.read',
      summary:
        'Messages accepted, delivered, deferred, failed and refused: an hour by minutes, a day by quarters of an hour, a week by two hours.',
      params: nothing,
      query: span,
      body: nothing,
      answer: trafficSchema,
      handle: async ({ query }) => ({ json: await services.flow.traffic.read(query.span) }),
    }),
  ];
}
