/** A line, or several, of text. */
import { Field, type FieldProps } from './field.tsx';

export interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: 'text' | 'email' | 'url' | 'search' | 'password';
  readonly placeholder?: string;
  readonly autocomplete?: string;
  /** More than one line. */
  readonly rows?: number;
  /** Letters of one width, for addresses and code. */
  readonly code?: boolean;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly inputMode?: 'text' | 'numeric' | 'email' | 'url';
  readonly autofocus?: boolean;
  readonly readOnly?: boolean;
}

export function TextField(props: TextFieldProps) {
  const { value, onChange, type = 'text', rows, code = false, autofocus = false } = props;
  const {
    placeholder,
    autocomplete = 'off',
    required = false,
    maxLength,
    inputMode,
    readOnly = false,
  } = props;
  return (
    <Field {...props}>
      {(input) => {
        const shared = {
          ...input,
          value,
          onInput: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
          ref: (element: HTMLElement | null) => {
            if (autofocus && element !== null && element.dataset['seen'] === undefined) {
              element.dataset['seen'] = '';
              element.focus();
            }
          },
          spellcheck: false,
          autocapitalize: 'off' as const,
          autocomplete,
          required,
          // In a dialog the browser looks for this when it opens.
          autofocus,
          readOnly,
          class: code ? 'code' : '',
          ...(placeholder === undefined ? {} : { placeholder }),
          ...(maxLength === undefined ? {} : { maxLength }),
          ...(inputMode === undefined ? {} : { inputMode }),
        };
        return rows === undefined ? (
          <input {...shared} {...typeOf(type)} />
        ) : (
          <textarea {...shared} rows={rows} />
        );
      }}
    </Field>
  );
}

/** The compiler knows each kind of input apart. */
function typeOf(type: NonNullable<TextFieldProps['type']>) {
  switch (type) {
    case 'password':
      return { type: 'password' } as const;
    case 'search':
      return { type: 'search' } as const;
    case 'email':
      return { type: 'email' } as const;
    case 'url':
      return { type: 'url' } as const;
    case 'text':
      return { type: 'text' } as const;
  }
}
