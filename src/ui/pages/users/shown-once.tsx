/** A password or token that was made: it is seen here and never again. */
import type { ComponentChildren } from 'preact';
import { CopyText } from '../../components/copy-text.tsx';
import { Notice } from '../../components/notice.tsx';

export function ShownOnce(props: {
  /** What was done. */
  readonly title: string;
  /** What the secret is. */
  readonly label: string;
  readonly secret: string;
  readonly children: ComponentChildren;
}) {
  const { title, label, secret, children } = props;
  return (
    <Notice kind="success" title={title}>
      <p class="secret-once">
        <span>{label}</span>
        <CopyText text={secret} label={label} />
      </p>
      <p>{children}</p>
    </Notice>
  );
}
