/** Upstreams: how their circuits stand, and trying one again now. */
import { z } from 'zod';
import { RelayError } from '../../shared/errors.ts';
import { upstreamSchema } from '../contract.ts';
import { testedUpstreamsSchema } from '../contract-configuration.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

const named = z.strictObject({ name: z.string().min(1).max(64) });

export function upstreamRoutes({
  upstreams,
  upstreamTests,
}: Pick<AdminServices, 'upstreams' | 'upstreamTests'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/upstreams',
      access: 'status.read',
      summary: 'Every upstream with its circuit, the reason when it is open, and its last test.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: testedUpstreamsSchema,
      async handle() {
        const tests = new Map((await upstreamTests?.list())?.map((test) => [test.upstream, test]));
        const json = {
          upstreams: upstreams.status().map((upstream) => {
            const test = tests.get(upstream.name);
            return { ...upstream, ...(test === undefined ? {} : { test }) };
          }),
        };
        return { json };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/upstreams/:name/probe',
      access: 'upstreams.verify',
      summary: 'Tries an upstream whose circuit is open again at once.',
      params: named,
      query: nothing,
      body: nothing,
      answer: upstreamSchema,
      api: { statuses: [202] },
      audit: ({ call: { params } }) => ({
        action: 'upstreams.probed',
        subject: params.name,
        text: `Had the upstream ${params.name} tried again at once.`,
      }),
      handle({ params: { name } }) {
        findUpstream(upstreams, name);
        upstreams.probeNow(name);
        return { status: 202, json: findUpstream(upstreams, name) };
      },
    }),
  ];
}

/** The status of a named upstream. Throws RelayError `not-found` that lists the names there are. */
export function findUpstream(upstreams: AdminServices['upstreams'], name: string) {
  const all = upstreams.status();
  const found = all.find((upstream) => upstream.name === name);
  if (found) return found;
  const names = all.map((upstream) => upstream.name).join(', ');
  throw new RelayError('not-found', `There is no upstream named ${name}.`, {
    hint: names === '' ? 'No upstream is configured.' : `There are: ${names}.`,
  });
}
