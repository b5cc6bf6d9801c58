/** Yes or no. */
import { useId } from 'preact/hooks';
import { fieldId } from './faults.tsx';
import { FieldFaults, type FieldProps } from './field.tsx';

export function CheckField(
  props: FieldProps & { readonly value: boolean; readonly onChange: (value: boolean) => void },
) {
  const { label, hint, path, disabled = false, value, onChange } = props;
  const own = useId();
  const id = path === undefined ? own : fieldId(path);
  return (
    <div class="field check">
      <label for={id}>
        <input
          id={id}
          type="checkbox"
          checked={value}
          disabled={disabled}
          aria-describedby={`${id}-hint ${id}-faults`}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
      <small id={`${id}-hint`} class="hint">
        {hint}
      </small>
      <FieldFaults id={`${id}-faults`} path={path} />
    </div>
  );
}
