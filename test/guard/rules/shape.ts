import { codeOf, type Rule } from './source-files.ts';

/** Files over this many lines need a reason here; those over the limit have no excuse. */
const ASKS_FOR_A_REASON = 350;
const LIMIT = 500;
const LIMIT_OF_TESTS = 700;

/** Why each of these is longer than 350 lines and still one idea. */
export const LONG_FILES: Readonly<Record<string, string>> = {
  'src/inbound/dialogue.ts':
    'the SMTP dialogue is one state machine; split, its states would have to be exported',
};

/** Most files have 40 to 200 lines, so that one fits into a head. */
export const fileSizes: Rule = (files) => {
  const found = files.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    const limit = path.startsWith('test/') ? LIMIT_OF_TESTS : LIMIT;
    if (lines > limit) return [`${path}: has ${lines} lines; the end is ${limit}`];
    if (path.startsWith('test/') || lines <= ASKS_FOR_A_REASON || path in LONG_FILES) return [];
    return [`${path}: has ${lines} lines; over ${ASKS_FOR_A_REASON} it needs a reason in LONG_FILES`];
  });
  const lines = new Map(files.map(({ path, text }) => [path, text.split('\n').length - 1]));
  const stale = Object.keys(LONG_FILES).filter((path) => {
    const length = lines.get(path);
    return length !== undefined && length <= ASKS_FOR_A_REASON;
  });
  return [...found, ...stale.map((path) => `${path}: is no longer long; take it out of LONG_FILES`)];
};

const EXPORTED =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(function\*?|class|interface|type|const|let)\s+(\w+)/;

/**
 * What others use says what it is. A file either opens with what it promises (at the top or behind its imports), which
 * covers its first exported function or class, or documents that; every further exported function and class has a doc
 * comment of its own. Types and constants may go without where their name says it all. The commands of cli/ say it to
 * their user, in `details`.
 */
export const docComments: Rule = (files) =>
  files.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    const opened = OPENING.test(text) || /^ {2}details:/m.test(text);
    const found: string[] = [];
    let first = true;
    for (const [index, line] of lines.entries()) {
      const [, kind = '', name = ''] = EXPORTED.exec(line) ?? [];
      if (!/^(function|class)/.test(kind)) continue;
      const above = (lines[index - 1] ?? '').trim();
      const overload = above.startsWith('export ') && above.includes(`function ${name}(`);
      const has = above.endsWith('*/') || above.startsWith('//') || overload;
      if (!has && !(first && opened))
        found.push(`${path}:${index + 1}: ${name} is exported without a doc comment`);
      first = false;
    }
    const documented = opened || /\*\/\n(\/\/[^\n]*\n)*export\s/.test(text);
    return documented || !/^export\s/m.test(text)
      ? found
      : [...found, `${path}: neither opens with what it promises nor documents an export`];
  });

/** A comment at the top, or one behind the imports that stands by itself or above what follows. */
const OPENING = /^(#![^\n]*\n)?\s*\/[*/]|^(?:\s*(?:import\b[^;]*;|\/\/[^\n]*))+\s*\/\*/;

/** `any`, `!` and comments that silence a checker hide what the compiler would say. */
export const escapeHatches: Rule = (files) =>
  files.flatMap(({ path, text }) => {
    const code = codeOf(text).split('\n');
    const lines = text.split('\n');
    return lines.flatMap((line, index) => {
      const at = `${path}:${index + 1}`;
      const bare = code[index] ?? '';
      if (/@ts-(ignore|nocheck|expect-error)/.test(line) && /\/[/*]/.test(line))
        return [`${at}: silences the compiler`];
      const reasoned = /(--|:) \S+ \S+/.test(line) || /^\s*\/\/|\*\/$/.test(lines[index - 1] ?? '');
      if (/(?:oxlint|eslint|biome)-(?:disable|ignore)/.test(line) && !reasoned) {
        return [`${at}: silences a rule without a reason above it or behind “--”`];
      }
      if (/:\s*any\b(?!\s*\()|[<|&]\s*any\b(?!\s*\()|,\s*any\s*>|\bas any\b|\bany\[\]/.test(bare))
        return [`${at}: uses any`];
      if (!path.startsWith('test/') && /[\w)\]]!(?=[.;,)\][]|\s*$)/.test(bare))
        return [`${at}: uses a non-null assertion`];
      return [];
    });
  });

/** kebab-case, so that a name is typed the same on every system. */
export const fileNames: Rule = (files) =>
  files
    .filter(({ path }) => !/^([a-z0-9-]+\/)+[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.tsx?$/.test(path))
    .map(({ path }) => `${path}: is not named in kebab-case`);
