/** What upstreams answer and what has to come of it, row by row. */
import type { FailureRow } from './failure-row.ts';
import { gmailRows, graphRows } from './failures-of-apis.ts';
import { smtpRows } from './failures-of-smtp.ts';
import { grantRows, tokenRows } from './failures-of-tokens.ts';

export const failureRows: readonly (readonly [string, readonly FailureRow[]])[] = [
  ['over SMTP', smtpRows],
  ['from token endpoints', tokenRows],
  ['about a consent', grantRows],
  ['from Graph', graphRows],
  ['from the Gmail API', gmailRows],
];
