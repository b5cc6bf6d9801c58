/** Settings that live in memory, as the admin sees them. */
import type { AdminSettings } from '../../src/admin/settings-service.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';

export function memorySettings(): AdminSettings {
  const revisions: { document: unknown; at: number; by: string; summary: string }[] = [
    { document: {}, at: 0, by: 'first start', summary: 'first settings' },
  ];
  const settings: AdminSettings = {
    current: () => settingsSchema.parse(revisions.at(-1)?.document),
    onChange: () => () => undefined,
    reveal: async () => new Secret(''),
    document: () => ({ revision: revisions.length, locked: false, document: revisions.at(-1)?.document }),
    validate: async (document) => ({ faults: faultsOf(document), warnings: [] }),
    async apply(document, { by, revision }) {
      if (revision !== undefined && revision !== revisions.length) {
        throw new RelayError('settings-conflict', 'The settings were changed meanwhile.');
      }
      const faults = faultsOf(document);
      if (faults.length > 0)
        throw new RelayError('settings-invalid', 'The settings have faults.', { faults });
      revisions.push({ document, at: 1, by, summary: 'changed' });
      return { revision: revisions.length, summary: 'changed' };
    },
    history: async () =>
      revisions.map(({ at, by, summary }, index) => ({ revision: index + 1, at, by, summary })).toReversed(),
    rollback: async (revision, by) => {
      const earlier = revisions[revision - 1];
      if (!earlier) throw new RelayError('not-found', `There is no revision ${revision}.`);
      return settings.apply(earlier.document, { by });
    },
  };
  return settings;
}

function faultsOf(document: unknown) {
  const { error } = settingsSchema.safeParse(document);
  return error?.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })) ?? [];
}
