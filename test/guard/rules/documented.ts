import type { Rule, SourceFile } from './source-files.ts';

/** The codes of the `ErrorCode` union. */
export function errorCodes(source: string): string[] {
  const union = /export type ErrorCode =([\s\S]*?);\n/.exec(source)?.[1] ?? '';
  return [...union.matchAll(/\|\s*'([a-z-]+)'/g)].map(([, code = '']) => code);
}

/** Names of metrics that are made anywhere in src, by the literals behind counter, gauge and histogram. */
export function metricNames(files: readonly SourceFile[]): string[] {
  const made = /\.(?:counter|gauge|histogram)\(\s*'([a-z0-9_]+)'/g;
  return files.flatMap(({ text }) => [...text.matchAll(made)].map(([, name = '']) => name));
}

/** The names in the first column of a document's tables. */
export function documentedNames(document: string): string[] {
  return [...document.matchAll(/^\|\s*`([^`]+)`/gm)].map(([, name = '']) => name);
}

/** Names that code has and a document lacks, and the other way round. */
export function differences(document: string, path: string, names: readonly string[]): string[] {
  const documented = documentedNames(document);
  return [
    ...new Set([
      ...names.filter((name) => !documented.includes(name)).map((name) => `${path}: has no row for ${name}`),
      ...documented
        .filter((name) => !names.includes(name))
        .map((name) => `${path}: has a row for ${name}, which does not exist`),
    ]),
  ];
}

/** Every metric is in docs/metrics.md, with a name that carries the product and, where it has one, the unit. */
export const metricsDocumented: Rule = (files) => {
  const names = metricNames(files.filter(({ path }) => path.startsWith('src/')));
  const document = files.find(({ path }) => path === 'docs/metrics.md');
  if (document === undefined) return ['docs/metrics.md is missing'];
  const badly = names
    .filter((name) => !/^postern_[a-z0-9]+(_[a-z0-9]+)*$/.test(name))
    .map((name) => `the metric ${name} does not begin with postern_`);
  return [...badly, ...differences(document.text, document.path, names)];
};

/** Every error code is in docs/errors.md. */
export const errorsDocumented: Rule = (files) => {
  const source = files.find(({ path }) => path === 'src/shared/errors.ts');
  const document = files.find(({ path }) => path === 'docs/errors.md');
  if (source === undefined || document === undefined)
    return ['docs/errors.md or src/shared/errors.ts is missing'];
  const codes = errorCodes(source.text);
  if (codes.length === 0) return ['src/shared/errors.ts: no ErrorCode was found'];
  return differences(document.text, document.path, codes);
};
