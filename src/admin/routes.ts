import { createPageRoutes } from './page.ts';
import type { Route } from './route.ts';
import { accessRoutes } from './routes/access.ts';
import { attentionRoutes } from './routes/attention.ts';
import { auditRoutes } from './routes/audit.ts';
import { authorizationRoutes } from './routes/authorizations.ts';
import { backupRoutes } from './routes/backup.ts';
import { configurationRoutes } from './routes/configuration.ts';
import { deniedRoutes } from './routes/denied.ts';
import { deviceRoutes } from './routes/devices.ts';
import { eventRoutes } from './routes/events.ts';
import { fetchCertificateRoutes } from './routes/fetch-certificates.ts';
import { healthRoutes } from './routes/health.ts';
import { messageRoutes } from './routes/messages.ts';
import { openapiRoutes } from './routes/openapi.ts';
import { overviewRoutes } from './routes/overview.ts';
import { queueRoutes } from './routes/queue.ts';
import { sendTestRoutes } from './routes/send-test.ts';
import { serverCertificateRoutes } from './routes/server-certificates.ts';
import { settingsRoutes } from './routes/settings.ts';
import { settingsTextRoutes } from './routes/settings-text.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { trustAnchorRoutes } from './routes/trust-anchors.ts';
import { upstreamRoutes } from './routes/upstreams.ts';
import { verifyRoutes } from './routes/verify.ts';
import type { AdminServices } from './services.ts';

/** Every route there is; nothing is reachable that is not in this table. The first that matches answers. */
export function adminRoutes(
  services: AdminServices,
  options: { readonly publicMetrics: boolean },
): readonly Route[] {
  const { authorizations, settings, clock, log, version } = services;
  const table: Route[] = [
    ...healthRoutes(services, options),
    ...(services.access === undefined ? [] : accessRoutes({ ...services, access: services.access })),
    ...settingsRoutes(services),
    ...settingsTextRoutes(services),
    ...configurationRoutes(services),
    ...queueRoutes(services),
    ...(services.inbox === undefined ? [] : messageRoutes({ ...services, inbox: services.inbox })),
    ...upstreamRoutes(services),
    ...authorizationRoutes({ authorizations, clock }),
    ...signInRoutes({ authorizations, accessUrl: () => settings.current().accessUrl, clock, log }),
    ...attentionRoutes(services),
    ...(services.audit === undefined ? [] : auditRoutes({ audit: services.audit })),
    ...deniedRoutes(services),
    ...(services.flow === undefined
      ? []
      : [
          ...overviewRoutes({ ...services, flow: services.flow }),
          ...deviceRoutes({ ...services, flow: services.flow }),
        ]),
    ...(services.events === undefined ? [] : eventRoutes({ ...services, events: services.events })),
    ...sendTestRoutes(services),
    ...(services.verify === undefined ? [] : verifyRoutes({ ...services, verify: services.verify })),
    ...trustAnchorRoutes(services),
    ...(services.serverCertificateDesk === undefined
      ? []
      : serverCertificateRoutes({ desk: services.serverCertificateDesk, log })),
    ...(services.fetchChain === undefined
      ? []
      : fetchCertificateRoutes({ ...services, fetchChain: services.fetchChain })),
    ...backupRoutes(services),
    ...createPageRoutes(),
    ...openapiRoutes(() => table, version),
  ];
  return table;
}
