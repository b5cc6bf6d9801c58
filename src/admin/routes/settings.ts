/** The settings document: read, checked, replaced as a whole; its history and the way back. */
import { z } from 'zod';
import { RelayError } from '../../shared/errors.ts';
import { settingsNote } from '../audit-notes.ts';
import { authorOf } from '../author.ts';
import { savedSchema, saveQuery } from '../contract-configuration.ts';
import {
  historyQuerySchema,
  historySchema,
  revisionSchema,
  rollbackRequestSchema,
  settingsAnswerSchema,
  settingsDocumentSchema,
  validationSchema,
} from '../contract-settings.ts';
import { nothing, type Route, route } from '../route.ts';
import { saveSettings } from '../save-settings.ts';
import type { TestMailServices } from '../send-test-mail.ts';
import { etag, revisionOf } from '../settings-revision.ts';

const oneRevision = z.strictObject({
  revision: z
    .string()
    .regex(/^\d{1,15}$/, { error: 'is not the number of a revision' })
    .transform(Number),
});

export function settingsRoutes(services: TestMailServices): readonly Route[] {
  const { settings, log } = services;
  return [
    route({
      method: 'get',
      path: '/api/v1/settings',
      access: 'settings.read',
      summary: 'The document as typed, without the values of secrets. Its ETag goes into If-Match of a PUT.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: settingsAnswerSchema,
      api: { etag: true },
      handle() {
        const found = settings.document();
        return { headers: { ETag: etag(found.revision) }, json: found };
      },
    }),
    route({
      method: 'put',
      path: '/api/v1/settings',
      access: 'settings.write',
      summary:
        'Replaces the document; 422 names every fault. With ?dryRun=true it is only checked, with ?test=true a test mail goes to the contacts.',
      params: nothing,
      query: saveQuery,
      body: settingsDocumentSchema,
      answer: z.union([savedSchema, validationSchema]),
      api: { ifMatch: true, refusals: [422] },
      audit: ({ reply: { json } }) =>
        json !== undefined && 'revision' in json ? settingsNote(settings, json.revision) : undefined,
      async handle({ body, by, caller, ifMatch, query }) {
        if (query?.dryRun === 'true') {
          const { faults, warnings } = settings.validate(body, authorOf(caller));
          if (faults.length > 0) throw invalid(faults);
          return { json: { faults, warnings } };
        }
        const revision = revisionOf(ifMatch);
        const apply = () =>
          settings.apply(body, {
            by,
            ...authorOf(caller),
            ...(revision === undefined ? {} : { ifRevision: revision }),
          });
        const saved = await saveSettings(services, apply, by, query);
        return { headers: { ETag: etag(saved.revision) }, json: saved };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/settings/history',
      access: 'settings.read',
      summary: 'Who changed the settings, when, and what; the latest first.',
      params: nothing,
      query: historyQuerySchema,
      body: nothing,
      answer: historySchema,
      async handle({ query: { limit, before } }) {
        // One more than is shown tells whether there is another page.
        const found = await settings.history(limit + 1, before);
        const revisions = found.slice(0, limit);
        const last = revisions.at(-1);
        return {
          json: { revisions, ...(found.length > limit && last ? { next: String(last.revision) } : {}) },
        };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/settings/history/:revision',
      access: 'settings.read',
      summary: 'The document of an earlier revision.',
      params: oneRevision,
      query: nothing,
      body: nothing,
      answer: revisionSchema,
      async handle({ params: { revision } }) {
        return { json: { revision, document: await settings.revision(revision) } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/settings/rollback',
      access: 'settings.write',
      summary: 'Puts an earlier revision into force, as a new one.',
      params: nothing,
      query: nothing,
      body: rollbackRequestSchema,
      answer: savedSchema,
      api: { etag: true, refusals: [404, 422] },
      audit: ({ call: { body }, reply: { json } }) =>
        json === undefined ? undefined : settingsNote(settings, json.revision, body.revision),
      async handle({ body, by, caller }) {
        const apply = () => settings.rollback(body.revision, by, authorOf(caller));
        const applied = await saveSettings(services, apply, by);
        log.info({ by, revision: applied.revision, from: body.revision }, 'Settings rolled back');
        return { headers: { ETag: etag(applied.revision) }, json: applied };
      },
    }),
  ];
}

function invalid(faults: RelayError['faults']): RelayError {
  return new RelayError('settings-invalid', 'The settings have faults; nothing was changed.', { faults });
}
