/** Small line icons, 20 units wide; decoration, since a word always stands beside them. */
const PATHS = {
  overview: 'M3 11.5 10 4l7 7.5M5 10v7h10v-7',
  mailbox: 'M2.5 5.5h15v10h-15zM2.5 6l7.5 6 7.5-6',
  device: 'M5.5 7.5V3h9v4.5M5.5 14h-3V7.5h15V14h-3M5.5 11.5h9V17h-9z',
  messages: 'M3 4h14M3 8h14M3 12h9M3 16h9',
  certificate: 'M10 2.5 16.5 5v4.5c0 4-2.7 6.7-6.5 8-3.8-1.3-6.5-4-6.5-8V5zM7.2 10l2 2 3.6-4',
  users:
    'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2 17c0-3.2 2.4-5 5.5-5s5.5 1.8 5.5 5M13 3.8a3 3 0 0 1 0 5.4M15 12.4c1.9.7 3 2.3 3 4.6',
  audit: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15M10 5.5V10l3 2',
  document: 'M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15M7.5 10h5M7.5 13.5h5',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  person: 'M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M3.5 17.5c0-3.5 2.8-5.5 6.5-5.5s6.5 2 6.5 5.5',
  close: 'M5 5l10 10M15 5 5 15',
  good: 'M4 10.5 8 14.5 16 5.5',
  info: 'M10 9.5V14M10 6.2v.3M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15',
  warning: 'M10 6.5V11M10 14v.5M10 2.5 18 17H2z',
  bad: 'M6 6l8 8M14 6l-8 8',
  waiting: 'M10 5.5V10l3 2M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15',
  paused: 'M7 5v10M13 5v10',
  neutral: 'M5 10h10',
  copy: 'M7 7h9.5v10H7zM4 13H3.500V3H13v1',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
