/** A state in a word, with a shape and a colour that say the same. */
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

/** How a state is meant: `waiting` will change by itself, `paused` will not. */
export type Tone = 'good' | 'info' | 'warning' | 'bad' | 'waiting' | 'paused' | 'neutral';

const ICONS: Readonly<Record<Tone, IconName>> = {
  good: 'good',
  info: 'info',
  warning: 'warning',
  bad: 'bad',
  waiting: 'waiting',
  paused: 'paused',
  neutral: 'neutral',
};

export function StateBadge(props: {
  readonly tone: Tone;
  readonly children: ComponentChildren;
  /** More, on hover. */
  readonly title?: string;
}) {
  const { tone, children, title } = props;
  return (
    <span class={`badge ${tone}`} {...(title === undefined ? {} : { title })}>
      <Icon name={ICONS[tone]} />
      <span>{children}</span>
    </span>
  );
}
