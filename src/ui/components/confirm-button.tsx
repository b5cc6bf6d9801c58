/** A button whose action asks once more, in place. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Permission } from '../../access/permissions.ts';
import { useMay } from '../session.ts';
import type { Action } from '../use-action.ts';
import { t } from '../words/words.ts';
import { ActionButton, type ButtonLook } from './action-button.tsx';

export function ConfirmButton(
  props: ButtonLook & {
    readonly action: Action;
    readonly children: ComponentChildren;
    /** What is asked, naming what will be lost. */
    readonly question: ComponentChildren;
    /** On the button that does it, such as “Delete 3 messages”. */
    readonly confirm: ComponentChildren;
    readonly needs?: Permission;
    readonly disabled?: string | false | undefined;
  },
) {
  const { action, children, question, confirm, needs, disabled, look = 'plain' } = props;
  const [asking, setAsking] = useState(false);
  const may = useMay(needs);
  const first = useRef<HTMLButtonElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  const asked = useRef(false);
  useEffect(() => {
    if (asking) no.current?.focus();
    else if (asked.current) first.current?.focus();
    asked.current = asking;
  }, [asking]);
  const why = may ? disabled || undefined : t('common.mayNot');
  const { run } = action;
  const confirmed: Action = {
    ...action,
    run: async () => {
      const well = await run();
      if (well) setAsking(false);
      return well;
    },
  };
  if (!asking) {
    return (
      <div class="action">
        <button
          ref={first}
          type="button"
          class={look === 'danger' ? 'plain' : look}
          aria-disabled={why !== undefined}
          {...(why === undefined ? {} : { title: why })}
          onClick={() => {
            if (why === undefined) setAsking(true);
          }}
        >
          {children}
          {why !== undefined && <span class="hidden"> ({why})</span>}
        </button>
        <span role="status" class="answer">
          {action.answer}
        </span>
      </div>
    );
  }
  return (
    <div
      class="confirm"
      role="group"
      onKeyDown={(event) => {
        if (event.key === 'Escape') setAsking(false);
      }}
    >
      <p role="status">{question}</p>
      <div class="confirm-actions">
        <ActionButton action={confirmed} look="danger">
          {confirm}
        </ActionButton>
        <button ref={no} type="button" class="quiet" onClick={() => setAsking(false)}>
          {t('common.cancel')}
        </button>
      </div>
    </div>
  );
}
