import { GOOGLE, MICROSOFT_CLOUDS } from '../../../oauth/endpoints.ts';
import { type UrlServer, urlServer } from '../../../shared/url-server.ts';
import type { ConnectionTarget } from '../../classify-connection.ts';
import type { ApiUpstreamSettings } from './mailbox-of.ts';

/** The address of an upstream's API without a slash at the end: as typed, or that of its provider and cloud. */
export function apiEndpoint({ kind, endpoint, authentication }: ApiUpstreamSettings): string {
  const cloud = authentication.type === 'oauth2' ? authentication.cloud : 'global';
  const usual = kind === 'gmail' ? GOOGLE.api : MICROSOFT_CLOUDS[cloud].graph;
  return (endpoint ?? usual).replace(/\/+$/, '');
}

/** The server of an upstream's API, for DNS, TCP and the words of failures. */
export function apiTarget(upstream: ApiUpstreamSettings): ConnectionTarget & UrlServer {
  return { upstream: upstream.name, ...urlServer(new URL(apiEndpoint(upstream))) };
}
