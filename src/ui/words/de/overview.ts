import type { overview as en } from '../en/overview.ts';
import type { Translated } from '../messages.ts';

/** Words of the Overview page. */
export const overview: Translated<typeof en> = {
  title: 'Übersicht',
};
