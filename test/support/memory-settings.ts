/** Settings that live in memory, as the admin sees them. */
import type { AdminSettings } from '../../src/admin/services.ts';
import type { Json } from '../../src/settings/json.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { toJson } from '../../src/settings/to-json.ts';
import { RelayError } from '../../src/shared/errors.ts';

export function memorySettings(): AdminSettings {
  const revisions: { document: Json; at: number; by: string; summary: string }[] = [
    { document: {}, at: 0, by: 'first start', summary: 'first settings' },
  ];
  const settings: AdminSettings = {
    current: () => settingsSchema.parse(revisions.at(-1)?.document),
    document: () => ({
      revision: revisions.length,
      locked: false,
      source: 'store',
      document: revisions.at(-1)?.document ?? null,
      warnings: [],
    }),
    validate: (document) => ({ faults: faultsOf(document), warnings: [] }),
    draft(input) {
      const document = toJson(input).value;
      const faults = faultsOf(document);
      if (faults.length > 0)
        throw new RelayError('settings-invalid', 'The settings have faults.', { faults });
      return settingsSchema.parse(document);
    },
    async apply(input, { by, ifRevision }) {
      if (ifRevision !== undefined && ifRevision !== revisions.length) {
        throw new RelayError('settings-conflict', 'The settings were changed meanwhile.');
      }
      const document = toJson(input).value;
      const faults = faultsOf(document);
      if (faults.length > 0)
        throw new RelayError('settings-invalid', 'The settings have faults.', { faults });
      revisions.push({ document, at: 1, by, summary: 'changed' });
      return { revision: revisions.length, warnings: [] };
    },
    history: async (limit, before = Number.POSITIVE_INFINITY) =>
      revisions
        .map(({ at, by, summary }, index) => ({ revision: index + 1, at, by, summary }))
        .filter(({ revision }) => revision < before)
        .toReversed()
        .slice(0, limit),
    revision: async (revision) => {
      const found = revisions[revision - 1];
      if (!found) throw new RelayError('not-found', `There is no revision ${revision}.`);
      return found.document;
    },
    rollback: async (revision, by) => {
      const earlier = revisions[revision - 1];
      if (!earlier) throw new RelayError('not-found', `There is no revision ${revision}.`);
      return settings.apply(earlier.document, { by, confined: false });
    },
  };
  return settings;
}

function faultsOf(document: unknown) {
  const { error } = settingsSchema.safeParse(document);
  return error?.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })) ?? [];
}
