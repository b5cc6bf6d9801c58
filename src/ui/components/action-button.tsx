/** A button that does something, and says beside itself how it went. */
import type { ComponentChildren } from 'preact';
import type { Permission } from '../../access/permissions.ts';
import { useMay } from '../session.ts';
import type { Action } from '../use-action.ts';
import { t } from '../words/words.ts';
import { ErrorNotice } from './error-notice.tsx';
import { Icon } from './icon.tsx';

export interface ButtonLook {
  /** `main` once on a page at most; `danger` for what cannot be undone. */
  readonly look?: 'main' | 'plain' | 'quiet' | 'danger';
}

export function ActionButton(
  props: ButtonLook & {
    readonly action: Action;
    readonly children: ComponentChildren;
    /** Whoever may not do this sees the button with the reason. */
    readonly needs?: Permission;
    /** Why it cannot be done now. */
    readonly disabled?: string | false | undefined;
    /** Submits the form around it, whose `onSubmit` runs the action. */
    readonly submit?: boolean;
    /** The error is shown elsewhere. */
    readonly errorElsewhere?: boolean;
  },
) {
  const { action, children, needs, disabled, submit = false, look = 'plain', errorElsewhere = false } = props;
  const may = useMay(needs);
  const why = may ? disabled || undefined : t('common.mayNot');
  return (
    <div class="action">
      <button
        type={submit ? 'submit' : 'button'}
        class={look}
        aria-busy={action.busy}
        // Not `disabled`: that would take the focus away, and hide the reason from screen readers.
        aria-disabled={why !== undefined || action.busy}
        {...(why === undefined ? {} : { title: why })}
        onClick={(event) => {
          if (why !== undefined || action.busy) event.preventDefault();
          else if (!submit) void action.run();
        }}
      >
        {children}
        {why !== undefined && <span class="hidden"> ({why})</span>}
      </button>
      <span role="status" class="answer">
        {action.busy && <span class="hidden">{t('common.busy')}</span>}
        {!action.busy && action.answer !== undefined && (
          <>
            <Icon name="good" /> {action.answer}
          </>
        )}
      </span>
      {action.error !== undefined && !errorElsewhere && <ErrorNotice error={action.error} />}
    </div>
  );
}
