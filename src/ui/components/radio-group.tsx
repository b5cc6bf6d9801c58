/** One of a few that are all seen, each with a hint. */
import { useId } from 'preact/hooks';
import { FieldFaults, type FieldProps } from './field.tsx';
import type { Choice } from './select-field.tsx';

export function RadioGroup<V extends string>(
  props: FieldProps & {
    readonly value: V | undefined;
    readonly choices: readonly Choice<V>[];
    readonly onChange: (value: V) => void;
    /** Beside one another where there is room. */
    readonly inline?: boolean;
  },
) {
  const { label, hint, path, disabled = false, value, choices, onChange, inline = false } = props;
  const id = useId();
  return (
    <fieldset class={`field radios${inline ? ' inline' : ''}`} disabled={disabled}>
      <legend>{label}</legend>
      {hint !== undefined && <small class="hint">{hint}</small>}
      {choices.map((choice) => (
        <div key={choice.value} class="radio">
          <label>
            <input
              type="radio"
              name={id}
              value={choice.value}
              checked={choice.value === value}
              disabled={choice.disabled ?? false}
              onChange={() => onChange(choice.value)}
              {...(choice.hint === undefined ? {} : { 'aria-describedby': `${id}-${choice.value}` })}
            />
            <span>{choice.label}</span>
          </label>
          {choice.hint !== undefined && (
            <small id={`${id}-${choice.value}`} class="hint">
              {choice.hint}
            </small>
          )}
        </div>
      ))}
      <FieldFaults id={`${id}-faults`} path={path} />
    </fieldset>
  );
}
