/** A password that is chosen; it can be shown, so that it need not be typed twice. */
import { useState } from 'preact/hooks';
import { CheckField } from './check-field.tsx';
import { TextField } from './text-field.tsx';

export function NewPasswordField(props: {
  readonly label: string;
  readonly hint: string;
  /** On the box that shows it. */
  readonly show: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const [shown, setShown] = useState(false);
  return (
    <>
      <TextField
        label={props.label}
        hint={props.hint}
        path="password"
        type={shown ? 'text' : 'password'}
        value={props.value}
        onChange={props.onChange}
        autocomplete="new-password"
        maxLength={256}
        required
      />
      <CheckField label={props.show} value={shown} onChange={setShown} />
    </>
  );
}
