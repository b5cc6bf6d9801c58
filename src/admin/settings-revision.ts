/** The revision of the settings as ETag and If-Match (RFC 9110 section 13.1.1). Pure. */
import { RelayError } from '../shared/errors.ts';
import { HttpError } from './errors.ts';

export function etag(revision: number): string {
  return `"${revision}"`;
}

/** The revision that an If-Match header names; undefined for `*`, whatever is there. */
export function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) {
    throw new HttpError(428, 'bad-request', 'The header If-Match is missing.', {
      hint: 'Send the ETag of the settings that you changed, so that nobody else’s change is lost; or * to overwrite.',
    });
  }
  if (ifMatch.trim() === '*') return undefined;
  const match = /^"(\d{1,15})"$/.exec(ifMatch.trim());
  if (match) return Number(match[1]);
  throw new RelayError('settings-conflict', 'If-Match does not name a revision of the settings.');
}
