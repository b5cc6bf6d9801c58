/** Something to know, with what to do about it. */
import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export function Notice(props: {
  readonly kind: 'info' | 'success' | 'warning' | 'error';
  readonly title?: ComponentChildren;
  readonly children?: ComponentChildren;
  /** What to do. */
  readonly remedy?: ComponentChildren;
  /** Buttons and links. */
  readonly actions?: ComponentChildren;
}) {
  const { kind, title, children, remedy, actions } = props;
  const icon = kind === 'success' ? 'good' : kind === 'error' ? 'bad' : kind;
  return (
    <div class={`notice ${kind}`} role={kind === 'error' ? 'alert' : undefined}>
      <Icon name={icon} />
      <div class="notice-text">
        {title !== undefined && <p class="notice-title">{title}</p>}
        {children !== undefined && <div>{children}</div>}
        {remedy !== undefined && <p class="remedy">{remedy}</p>}
        {actions !== undefined && <div class="notice-actions">{actions}</div>}
      </div>
    </div>
  );
}
