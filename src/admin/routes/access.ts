/** All that is about who may use the admin. */
import type { Access } from '../../access/create-access.ts';
import type { Route } from '../route.ts';
import type { AdminServices } from '../services.ts';
import { profileRoutes } from './profile.ts';
import { sessionRoutes } from './session.ts';
import { setupRoutes } from './setup.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

export function accessRoutes(services: AdminServices & { readonly access: Access }): readonly Route[] {
  return [
    ...setupRoutes(services),
    ...sessionRoutes(services),
    ...profileRoutes(services),
    ...userRoutes(services),
    ...tokenRoutes(services),
  ];
}
