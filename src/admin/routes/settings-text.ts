/** The settings document as YAML, to be edited as a text; and what differs between two revisions. */
import { z } from 'zod';
import { differences } from '../../settings/differences.ts';
import type { Json } from '../../settings/json.ts';
import { parseDocument } from '../../settings/parse-document.ts';
import { toJson } from '../../settings/to-json.ts';
import { toYaml } from '../../settings/to-yaml.ts';
import { type Fault, RelayError } from '../../shared/errors.ts';
import { settingsNote } from '../audit-notes.ts';
import { authorOf } from '../author.ts';
import {
  differencesSchema,
  savedSchema,
  saveQuery,
  settingsTextRequestSchema,
  settingsTextSchema,
} from '../contract-configuration.ts';
import { validationSchema } from '../contract-settings.ts';
import { nothing, type Route, route } from '../route.ts';
import { saveSettings } from '../save-settings.ts';
import type { TestMailServices } from '../send-test-mail.ts';
import { etag, revisionOf } from '../settings-revision.ts';

const number = z
  .string()
  .regex(/^\d{1,15}$/, { error: 'is not the number of a revision' })
  .transform(Number);

export function settingsTextRoutes(services: TestMailServices): readonly Route[] {
  const { settings } = services;
  return [
    route({
      method: 'get',
      path: '/api/v1/settings/yaml',
      access: 'settings.read',
      summary: 'The document as YAML, without comments and without the values of secrets.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: settingsTextSchema,
      api: { etag: true },
      handle() {
        const { document, revision, locked, source } = settings.document();
        return {
          headers: { ETag: etag(revision) },
          json: { yaml: toYaml(document), revision, locked, source },
        };
      },
    }),
    route({
      method: 'put',
      path: '/api/v1/settings/yaml',
      access: 'settings.write',
      summary:
        'Replaces the document by one written as YAML or JSON; 422 names every fault with line and column.',
      params: nothing,
      query: saveQuery,
      body: settingsTextRequestSchema,
      answer: z.union([savedSchema, validationSchema]),
      api: { etag: true, ifMatch: true, refusals: [422] },
      audit: ({ reply: { json } }) =>
        json !== undefined && 'revision' in json ? settingsNote(settings, json.revision) : undefined,
      async handle({ body, by, caller, ifMatch, query }) {
        const { value, faults, locate } = parseDocument(body.yaml);
        if (faults.length > 0) throw invalid(faults.map(locate));
        if (query.dryRun === 'true') {
          const found = settings.validate(value, authorOf(caller));
          if (found.faults.length > 0) throw invalid(found.faults.map(locate));
          return { json: { faults: [], warnings: found.warnings.map(locate) } };
        }
        const revision = revisionOf(ifMatch);
        const change = {
          by,
          ...authorOf(caller),
          ...(revision === undefined ? {} : { ifRevision: revision }),
        };
        const apply = () => settings.apply(value, change);
        const saved = await saveSettings(services, apply, by, query).catch((error: unknown) => {
          throw located(error, locate);
        });
        const warnings = saved.warnings.map((warning) => locate(plain(warning)));
        return { headers: { ETag: etag(saved.revision) }, json: { ...saved, warnings } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/settings/history/:revision/differences',
      access: 'settings.read',
      summary: 'What a revision changed; with ?against=N what differs from that one.',
      params: z.strictObject({ revision: number }),
      query: z.strictObject({ against: number.optional() }),
      body: nothing,
      answer: differencesSchema,
      async handle({ params: { revision }, query: { against = revision - 1 } }) {
        const [before, after] = [await documentOf(against), await documentOf(revision)];
        return { json: { from: against, to: revision, differences: differences(before, after) } };
      },
    }),
  ];

  /** Before the first revision there was nothing. */
  async function documentOf(revision: number): Promise<Json> {
    return revision === 0 ? {} : toJson(await settings.revision(revision)).value;
  }
}

function invalid(faults: readonly Fault[]): RelayError {
  return new RelayError('settings-invalid', 'The settings have faults; nothing was changed.', { faults });
}

type Locate = ReturnType<typeof parseDocument>['locate'];

function located(error: unknown, locate: Locate): unknown {
  if (!(error instanceof RelayError) || error.faults.length === 0) return error;
  const { code, publicMessage, hint } = error;
  return new RelayError(code, publicMessage, {
    faults: error.faults.map(locate),
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What the contract lets be undefined, our own faults leave out. */
function plain({
  path,
  message,
  remedy,
}: {
  path: string;
  message: string;
  remedy?: string | undefined;
}): Fault {
  return { path, message, ...(remedy === undefined ? {} : { remedy }) };
}
