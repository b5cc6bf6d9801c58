/** Every text of the page in English, by area. For types and tests: the page loads what it needs of it (words.ts). */
import { common } from './en/common.ts';
import { overview } from './en/overview.ts';
import { shell } from './en/shell.ts';

export const en = { common, overview, shell } as const;
