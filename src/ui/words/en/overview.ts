/** Words of the Overview page. */
export const overview = {
  title: 'Overview',
} as const;
