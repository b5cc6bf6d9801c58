/** A part of a page with a heading of its own. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export function Card(props: {
  readonly title?: ComponentChildren;
  /** Beside the title. */
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
  /** 2 below the page's title, 3 inside another card. */
  readonly level?: 2 | 3;
}) {
  const { title, actions, children, level = 2 } = props;
  const id = useId();
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section class="card" {...(title === undefined ? {} : { 'aria-labelledby': id })}>
      {(title !== undefined || actions !== undefined) && (
        <div class="card-head">
          {title !== undefined && <Heading id={id}>{title}</Heading>}
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}
