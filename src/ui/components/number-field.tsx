/** A whole number; empty is `undefined`. What is typed stays as it is typed until it is one. */
import { useState } from 'preact/hooks';
import { Field, type FieldProps } from './field.tsx';

export function NumberField(
  props: FieldProps & {
    readonly value: number | undefined;
    readonly onChange: (value: number | undefined) => void;
    readonly min?: number;
    readonly max?: number;
    readonly placeholder?: string;
    readonly required?: boolean;
    /** Behind the number, such as “per minute”. */
    readonly unit?: string;
  },
) {
  const { value, onChange, min, max, placeholder, required = false, unit } = props;
  const [typed, setTyped] = useState<string>();
  const shown = typed !== undefined && numberOf(typed) === value ? typed : String(value ?? '');
  return (
    <Field {...props}>
      {(input) => (
        <span class="with-unit">
          <input
            {...input}
            type="number"
            inputMode="numeric"
            value={shown}
            onInput={({ currentTarget }) => {
              setTyped(currentTarget.value);
              onChange(numberOf(currentTarget.value));
            }}
            required={required}
            {...(min === undefined ? {} : { min })}
            {...(max === undefined ? {} : { max })}
            {...(placeholder === undefined ? {} : { placeholder })}
          />
          {unit !== undefined && <span class="unit">{unit}</span>}
        </span>
      )}
    </Field>
  );
}

function numberOf(typed: string): number | undefined {
  const value = Number(typed);
  return typed.trim() === '' || !Number.isFinite(value) ? undefined : value;
}
