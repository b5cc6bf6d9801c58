/** Several short texts, one in each line. What is typed stays as it is typed. */
import { useState } from 'preact/hooks';
import type { FieldProps } from '../../components/field.tsx';
import { TextField } from '../../components/text-field.tsx';

export function ListField(
  props: FieldProps & {
    readonly value: readonly string[];
    readonly onChange: (value: readonly string[]) => void;
  },
) {
  const { value, onChange } = props;
  const [typed, setTyped] = useState<string>();
  const shown =
    typed !== undefined && partsOf(typed).join('\n') === value.join('\n') ? typed : value.join('\n');
  return (
    <TextField
      {...props}
      code
      rows={Math.min(8, Math.max(2, value.length + 1))}
      value={shown}
      onChange={(text) => {
        setTyped(text);
        onChange(partsOf(text));
      }}
    />
  );
}

/** People separate with lines, spaces, commas and semicolons. */
function partsOf(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}
