import { MICROSOFT_CLIENT, MICROSOFT_DOMAINS, MICROSOFT_TENANT } from '../clients.ts';
import type { EntraError } from './entra-error.ts';

/** What is wrong with a tenant in the path and a client id; undefined where nothing is. */
export function realmFault(tenant: string, clientId: string | undefined): EntraError | undefined {
  const wanted = tenant.toLowerCase();
  if (['common', 'organizations', 'consumers'].includes(wanted)) {
    return {
      status: 400,
      error: 'invalid_request',
      code: 50194,
      text: `Application '${clientId ?? ''}'(Postern) is not configured as a multi-tenant application. Usage of the /${wanted} endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.`,
    };
  }
  if (wanted !== MICROSOFT_TENANT && !MICROSOFT_DOMAINS.includes(wanted)) {
    return {
      status: 400,
      error: 'invalid_request',
      code: 90002,
      text: `Tenant '${tenant.slice(0, 100)}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    };
  }
  if (clientId === undefined) {
    return {
      status: 400,
      error: 'invalid_request',
      code: 900144,
      text: "The request body must contain the following parameter: 'client_id'.",
    };
  }
  if (clientId.toLowerCase() !== MICROSOFT_CLIENT) {
    return {
      status: 400,
      error: 'unauthorized_client',
      code: 700016,
      text: `Application with identifier '${clientId.slice(0, 100)}' was not found in the directory 'Simulated'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    };
  }
  return undefined;
}
