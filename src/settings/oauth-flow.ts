import type { OAuth2Settings } from './schema-oauth2.ts';

/** Nobody signs in: the application acts by itself for the mailboxes that it was granted. In the other flows a person consents. */
export function isApplicationFlow(flow: OAuth2Settings['flow']): boolean {
  return flow === 'client-credentials' || flow === 'service-account';
}
