/** A dialog over the page: keeps the focus inside, Escape closes it, and the focus goes back to where it was. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../words/words.ts';
import { Icon } from './icon.tsx';

export function Dialog(props: {
  readonly title: string;
  /** Called when it shall close; without it, it cannot be closed. */
  readonly onClose?: () => void;
  readonly children?: ComponentChildren;
  /** Buttons at the end. */
  readonly actions?: ComponentChildren;
  readonly wide?: boolean;
}) {
  const { title, onClose, children, actions, wide = false } = props;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'wide' : ''}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        {onClose !== undefined && (
          <button type="button" class="quiet icon-button" onClick={onClose}>
            <Icon name="close" />
            <span class="hidden">{t('common.close')}</span>
          </button>
        )}
      </div>
      <div class="dialog-body">{children}</div>
      {actions !== undefined && <div class="dialog-actions">{actions}</div>}
    </dialog>
  );
}
