/** Liveness, readiness and metrics. Probes need no token and learn no names; metrics carry names and need one where strangers reach the address. */
import { livenessSchema, readinessSchema } from '../contract.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

export function healthRoutes(
  { health, metrics, version }: Pick<AdminServices, 'health' | 'metrics' | 'version'>,
  options: { readonly publicMetrics: boolean },
): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/livez',
      access: 'public',
      summary: 'Whether the process lives.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: livenessSchema,
      handle: () => ({ json: { alive: true, version } }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      access: 'public',
      summary: 'Whether it can take mail: the store and the listeners, never an upstream.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: readinessSchema,
      api: { statuses: [200, 503] },
      async handle() {
        const readiness = await health.readiness();
        return { status: readiness.ready ? 200 : 503, json: readiness };
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      access: options.publicMetrics ? 'public' : 'status.read',
      summary: 'Counts in the text format of Prometheus.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { mediaType: 'text/plain' },
      async handle() {
        return { headers: { 'Content-Type': metrics.contentType }, text: await metrics.text() };
      },
    }),
  ];
}
