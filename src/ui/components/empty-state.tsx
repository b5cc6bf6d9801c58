/** In place of a list that has nothing in it: what will appear here, and how. */
import type { ComponentChildren } from 'preact';

export function EmptyState(props: {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{props.title}</p>
      {props.children !== undefined && <p>{props.children}</p>}
      {props.actions !== undefined && <div class="empty-actions">{props.actions}</div>}
    </div>
  );
}
