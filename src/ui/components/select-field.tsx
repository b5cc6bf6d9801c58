/** One of a few, from a list. */
import { Field, type FieldProps } from './field.tsx';

export interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly hint?: string;
  readonly disabled?: boolean;
}

export function SelectField<V extends string>(
  props: FieldProps & {
    readonly value: V;
    readonly choices: readonly Choice<V>[];
    readonly onChange: (value: V) => void;
  },
) {
  const { value, choices, onChange } = props;
  return (
    <Field {...props}>
      {(input) => (
        <select
          {...input}
          value={value}
          onChange={({ currentTarget }) => {
            const chosen = choices.find((choice) => choice.value === currentTarget.value);
            if (chosen !== undefined) onChange(chosen.value);
          }}
        >
          {choices.map((choice) => (
            <option
              key={choice.value}
              value={choice.value}
              selected={choice.value === value}
              disabled={choice.disabled ?? false}
            >
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
