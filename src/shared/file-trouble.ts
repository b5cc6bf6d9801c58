import { errorCode, errorText } from './errors.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there: a part of the path is no directory',
  EACCES: 'is closed to this user (EACCES)',
  EPERM: 'is closed to this user (EPERM)',
  EISDIR: 'is a directory',
  EROFS: 'is on a file system that is mounted read-only',
};

/** Why a file cannot be had, in words that follow its name: `is not there`. */
export function fileTrouble(error: unknown): string {
  const code = errorCode(error) ?? '';
  return WORDS[code] ?? `cannot be read (${code === '' ? errorText(error) : code})`;
}
