/** What helps to set upstreams up: what providers make known, the file of Google's console, the schema of the document. */
import { z } from 'zod';
import { googleJsonFields } from '../../oauth/providers/google-json-fields.ts';
import { redirectUri, redirectUris } from '../../oauth/sign-in/redirect-uri.ts';
import { settingsJsonSchema } from '../../settings/json-schema.ts';
import { googleClientRequestSchema, googleClientSchema, presetsSchema } from '../contract-configuration.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';
import { upstreamPresets } from '../upstream-presets.ts';

export function configurationRoutes({ settings }: Pick<AdminServices, 'settings'>): readonly Route[] {
  const presets = upstreamPresets();
  const schema = settingsJsonSchema();
  return [
    route({
      method: 'get',
      path: '/api/v1/settings/presets',
      access: 'settings.read',
      summary:
        'What is known of mail providers: servers, sign-ins, limits, and what is to be done in their portals.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: presetsSchema,
      handle: () => ({ json: presets }),
    }),
    route({
      method: 'post',
      path: '/api/v1/settings/google-client',
      access: 'settings.read',
      summary:
        'Reads a file of Google’s console and answers with the fields that it fills in. Keeps nothing of it.',
      params: nothing,
      query: nothing,
      body: googleClientRequestSchema,
      answer: googleClientSchema,
      audit: 'read-only',
      handle({ body }) {
        const found = googleJsonFields(body.json);
        if (found.what === 'service-account') return { json: found };
        const { accessUrl } = settings.current();
        const registered = redirectUris(accessUrl).some((uri) => found.redirectUris.includes(uri));
        return { json: { ...found, ...(registered ? {} : { missingRedirectUri: redirectUri(accessUrl) }) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/settings/schema',
      access: 'settings.read',
      summary: 'The settings document as JSON Schema (2020-12), for editors that complete and check.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: z.record(z.string(), z.unknown()),
      handle: () => ({ json: schema }),
    }),
  ];
}
