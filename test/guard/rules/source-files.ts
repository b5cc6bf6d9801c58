import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the repository, with its path from the root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A rule looks at files and names every breach as `path: what`; it reads nothing itself, so that tests can feed it one. */
export type Rule = (files: readonly SourceFile[]) => string[];

export const ROOT = join(import.meta.dirname, '../../..');

const TEXT = /\.(ts|tsx|js|json|ya?ml|md|sh|css|html|conf|service|txt)$|(^|\/)[^./]+$|(^|\/)\.[^/]+$/;

/** Every text file that is, or is about to be, part of the repository. */
export function repositoryFiles(): SourceFile[] {
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    options,
  );
  return listed
    .split('\0')
    .filter((path) => TEXT.test(path) && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** The TypeScript below one of these folders. */
export function typeScriptIn(files: readonly SourceFile[], ...folders: string[]): SourceFile[] {
  return files.filter(
    ({ path }) => /\.tsx?$/.test(path) && folders.some((folder) => path.startsWith(`${folder}/`)),
  );
}

/**
 * The text with comments, and what is inside strings and regular expressions, blanked out, so that a rule on code does
 * not stumble over words. Positions and line ends stay. Code inside `${…}` of a template is blanked too.
 */
export function codeOf(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[(,=:[!&|?{};\n]\s*|return )\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\//g;
  return text.replace(token, (match) => match.replaceAll(/[^\n]/g, ' '));
}
