/** Something that not everybody needs, folded away. */
import type { ComponentChildren } from 'preact';

export function Disclosure(props: {
  readonly summary: ComponentChildren;
  readonly children: ComponentChildren;
  readonly open?: boolean;
}) {
  return (
    <details open={props.open ?? false}>
      <summary>{props.summary}</summary>
      <div class="disclosed">{props.children}</div>
    </details>
  );
}
