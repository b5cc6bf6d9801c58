import type { Fault } from '../shared/errors.ts';
import { checkNames } from './checks-names.ts';
import { notYetWarnings } from './checks-not-yet.ts';
import { checkOauth2, oauth2Warnings } from './checks-oauth2.ts';
import { checkOutside } from './checks-outside.ts';
import { checkReferences } from './checks-references.ts';
import { checkSecurity, securityWarnings } from './checks-security.ts';
import { draftOf } from './draft.ts';
import { describeIssue, faultsOf } from './faults.ts';
import type { Json } from './json.ts';
import { withPresets } from './presets.ts';
import type { Settings } from './schema.ts';
import { settingsSchema } from './schema.ts';

export interface Validation {
  /** Present when there are no faults. */
  readonly settings?: Settings;
  readonly faults: readonly Fault[];
  /** What is accepted but worth a second look. */
  readonly warnings: readonly Fault[];
}

/** Checks a whole document and tells all that is wrong with it at once. Secrets may be in any form; see secret-forms.ts. */
export function validateDocument(typed: Json): Validation {
  const document = withPresets(typed);
  const parsed = settingsSchema.safeParse(document, { error: describeIssue });
  const draft = draftOf(document);
  const faults = [
    ...(parsed.success ? [] : faultsOf(settingsSchema, document, parsed.error.issues)),
    ...checkNames(draft),
    ...checkReferences(draft),
    ...checkSecurity(draft),
    ...checkOauth2(draft),
    ...checkOutside(document),
  ];
  const warnings = [...securityWarnings(draft), ...oauth2Warnings(draft), ...notYetWarnings(document)];
  return parsed.success && faults.length === 0
    ? { settings: parsed.data, faults, warnings }
    : { faults, warnings };
}
