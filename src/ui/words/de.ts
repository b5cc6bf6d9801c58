/** Every text of the page in German, by area. For tests: the page loads what it needs of it (words.ts). */
import { common } from './de/common.ts';
import { overview } from './de/overview.ts';
import { shell } from './de/shell.ts';

export const de = { common, overview, shell } as const;
