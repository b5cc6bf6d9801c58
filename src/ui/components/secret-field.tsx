/**
 * A secret that can be written and never read: says that one is set, and takes another in its place. `undefined` leaves it as it
 * is, a text replaces it, `null` removes it.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../words/words.ts';
import { Field, type FieldProps } from './field.tsx';

export type SecretChange = string | null | undefined;

export function SecretField(
  props: FieldProps & {
    readonly value: SecretChange;
    readonly onChange: (value: SecretChange) => void;
    /** One is set already. */
    readonly isSet: boolean;
    /** Says more about it, such as “set on 3 May 2026”; “is set” if absent. */
    readonly about?: ComponentChildren;
    /** It may be taken away. */
    readonly removable?: boolean;
    readonly autocomplete?: string;
  },
) {
  const { value, onChange, isSet, about, removable = false, disabled = false, autocomplete = 'off' } = props;
  const [replacing, setReplacing] = useState(false);
  const typing = !isSet || replacing || typeof value === 'string';
  const focus = (element: HTMLInputElement | null) => {
    if (replacing && element !== null && element.value === '') element.focus();
  };
  return (
    <Field {...props}>
      {(input) => (
        <span class="secret">
          {typing ? (
            <input
              {...input}
              ref={focus}
              type="password"
              value={value ?? ''}
              autocomplete={autocomplete}
              spellcheck={false}
              onInput={({ currentTarget }) =>
                onChange(currentTarget.value === '' ? undefined : currentTarget.value)
              }
            />
          ) : (
            <output id={input.id} class="secret-state">
              {value === null ? t('common.secretRemoved') : (about ?? t('common.secretSet'))}
            </output>
          )}
          {isSet && !typing && (
            <button type="button" class="quiet" disabled={disabled} onClick={() => setReplacing(true)}>
              {t('common.replace')}
            </button>
          )}
          {isSet && (typing || value === null) && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                setReplacing(false);
                onChange(undefined);
              }}
            >
              {t('common.keep')}
            </button>
          )}
          {isSet && removable && !typing && value !== null && (
            <button type="button" class="quiet" disabled={disabled} onClick={() => onChange(null)}>
              {t('common.remove')}
            </button>
          )}
        </span>
      )}
    </Field>
  );
}
