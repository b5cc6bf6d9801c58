import { z } from 'zod';
import type { Rule } from './source-files.ts';

const manifestSchema = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

/** A package.json as far as these rules look at it. */
const manifestOf = (text: string) => manifestSchema.parse(JSON.parse(text));

const MACHINE_PATHS = /(?<![\w.])\/(?:work|root|home\/\w+|Users\/\w+|tmp\/\w+[.]\w+)\//;
const REGISTRIES =
  /https?:\/\/(?:registry\.npmjs\.org|registry\.yarnpkg\.com|[\w.-]*(?:artifactory|nexus|verdaccio)[\w.-]*)/;

/** Nobody else has our directories, and npm knows its registry by itself. */
export const machineTraces: Rule = (files) =>
  files
    .filter(({ path }) => !path.startsWith('test/guard/'))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        if (MACHINE_PATHS.test(line))
          return [`${path}:${index + 1}: names a directory of somebody's machine`];
        if (REGISTRIES.test(line)) return [`${path}:${index + 1}: names a package registry`];
        return [];
      }),
    );

const lockSchema = z.object({
  packages: z
    .record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).default({}) }))
    .default({}),
});

/**
 * The lock file serves with any registry and on any platform: `npm ci` refuses one that says nothing of an optional
 * package, even of one that is for another system, as soon as the registry does not have it.
 */
export const lockFile: Rule = (files) =>
  files
    .filter(({ path }) => path === 'package-lock.json')
    .flatMap(({ path, text }) => {
      const { packages } = lockSchema.parse(JSON.parse(text));
      return [
        ...(/"resolved":/.test(text)
          ? [`${path}: has "resolved"; run npm install with omit-lockfile-registry-resolved`]
          : []),
        ...Object.entries(packages).flatMap(([owner, { optionalDependencies }]) =>
          Object.keys(optionalDependencies)
            .filter(
              (name) => !(`node_modules/${name}` in packages || `${owner}/node_modules/${name}` in packages),
            )
            .map((name) => `${path}: has no entry for ${name}, an optional dependency of ${owner}`),
        ),
      ];
    });

/** What runs today runs tomorrow: no ranges. */
export const exactVersions: Rule = (files) =>
  files
    .filter(({ path }) => path === 'package.json')
    .flatMap(({ path, text }) => {
      const manifest = manifestOf(text);
      return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name} is “${version}”, not one exact version`);
    });

/** Every runtime dependency has a row in the README's table that says why it is there; and no row is left over. */
export const dependencyTable: Rule = (files) => {
  const manifest = files.find(({ path }) => path === 'package.json');
  const readme = files.find(({ path }) => path === 'README.md');
  if (manifest === undefined || readme === undefined) return ['package.json or README.md is missing'];
  const { dependencies } = manifestOf(manifest.text);
  const section = /^#+ Dependencies\s*\n([\s\S]*?)(?=^#+ |(?![\s\S]))/m.exec(readme.text)?.[1];
  if (section === undefined) return ['README.md: has no heading “Dependencies”'];
  const rows = [...section.matchAll(/^\|([^|]+)\|([^|]*)\|/gm)].filter(([, , why = '']) =>
    /[a-z]/i.test(why),
  );
  const named = new Set(rows.flatMap(([, names = '']) => names.replaceAll('`', '').trim().split(/,\s*/)));
  named.delete('package'); // the heading
  return [
    ...Object.keys(dependencies)
      .filter((name) => !named.has(name))
      .map((name) => `README.md: no row of Dependencies says why ${name} is there`),
    ...[...named]
      .filter((name) => !(name in dependencies))
      .map((name) => `README.md: Dependencies has a row for ${name}, which package.json has not`),
  ];
};
