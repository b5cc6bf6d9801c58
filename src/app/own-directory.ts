import { errorCode, RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import { makeDirectory } from '../shared/make-directory.ts';

/** Makes a directory of ours, for nobody else to read. Throws RelayError `configuration` that says why it cannot be used. */
export async function ownDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (error) {
    const why = errorCode(error) === 'EEXIST' ? 'is there and is no directory' : fileTrouble(error);
    throw new RelayError('configuration', `The directory ${directory} cannot be used: it ${why}.`, {
      cause: error,
      hint: 'Let the user that Postern runs as write there, or choose another data directory with --data or POSTERN_DATA.',
    });
  }
}
