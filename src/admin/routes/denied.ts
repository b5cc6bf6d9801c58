/** Who was refused, so that an administrator can allow them. */
import { z } from 'zod';
import { MOST_DENIED } from '../../inbound/denied.ts';
import { deniedSchema } from '../contract.ts';
import { stillRefused } from '../refused-devices.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

const oneAddress = z.strictObject({ address: z.string().min(1).max(64) });

/** `?sender=…`: only what it was refused with this sender, which is empty for `<>`. */
const oneSender = z.strictObject({ sender: z.string().max(320).optional() }).optional();

export function deniedRoutes({
  denied,
  settings,
  events,
}: Pick<AdminServices, 'denied' | 'settings' | 'events'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/denied',
      access: 'devices.read',
      summary: 'Clients that were refused and would be refused again, the latest first.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: deniedSchema,
      handle: async () => ({
        json: { denied: stillRefused(await denied.list(MOST_DENIED), settings.current()) },
      }),
    }),
    route({
      method: 'delete',
      path: '/api/v1/denied/:address',
      access: 'devices.allow',
      summary: 'Forgets what an address was refused, or only that with one sender.',
      params: oneAddress,
      query: oneSender,
      body: nothing,
      api: { statuses: [204] },
      audit({ call: { params, query } }) {
        const sender = query?.sender === undefined ? '' : ` with the sender <${query.sender}>`;
        return {
          action: 'devices.refusals-forgotten',
          subject: params.address,
          text: `Forgot what ${params.address} was refused${sender}.`,
        };
      },
      async handle({ params: { address }, query }) {
        await denied.forget(address, query?.sender);
        events?.publish('devices');
        return { status: 204, text: '' };
      },
    }),
  ];
}
