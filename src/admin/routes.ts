import type { Route } from './route.ts';
import { backupRoutes } from './routes/backup.ts';
import { deniedRoutes } from './routes/denied.ts';
import { healthRoutes } from './routes/health.ts';
import { queueRoutes } from './routes/queue.ts';
import { sendTestRoutes } from './routes/send-test.ts';
import { settingsRoutes } from './routes/settings.ts';
import { trustAnchorRoutes } from './routes/trust-anchors.ts';
import { upstreamRoutes } from './routes/upstreams.ts';
import type { AdminServices } from './services.ts';

/** Every route there is; nothing is reachable that is not in this table. The first that matches answers. */
export function adminRoutes(
  services: AdminServices,
  options: { readonly publicMetrics: boolean },
): readonly Route[] {
  return [
    ...healthRoutes(services, options),
    ...settingsRoutes(services),
    ...queueRoutes(services),
    ...upstreamRoutes(services),
    ...deniedRoutes(services),
    ...sendTestRoutes(services),
    ...trustAnchorRoutes(services),
    ...backupRoutes(services),
  ];
}
