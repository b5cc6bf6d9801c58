/** Who was refused, so that an administrator can allow them. */
import { z } from 'zod';
import { deniedSchema } from '../contract.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

/** All that are kept. */
const LIMIT = 1000;
const oneAddress = z.strictObject({ address: z.string().min(1).max(64) });

export function deniedRoutes({ denied }: Pick<AdminServices, 'denied'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/denied',
      access: 'devices.read',
      summary: 'Clients that were refused, the latest first.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: deniedSchema,
      handle: async () => ({ json: { denied: await denied.list(LIMIT) } }),
    }),
    route({
      method: 'delete',
      path: '/api/v1/denied/:address',
      access: 'devices.allow',
      summary: 'Forgets what an address was refused.',
      params: oneAddress,
      query: nothing,
      body: nothing,
      async handle({ params: { address } }) {
        await denied.forget(address);
        return { status: 204, text: '' };
      },
    }),
  ];
}
