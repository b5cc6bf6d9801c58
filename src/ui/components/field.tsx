/** Label, hint and faults around one input. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { t } from '../words/words.ts';
import { faultText, fieldId, useFaults } from './faults.tsx';

/** What all fields have. */
export interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** Its path in the settings or the request; faults of that path are shown here. */
  readonly path?: string | undefined;
  readonly optional?: boolean;
  readonly disabled?: boolean;
}

/** What the input needs to belong to its label, hint and faults. */
export interface InputProps {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: true;
  readonly disabled?: boolean;
}

export function Field(props: FieldProps & { readonly children: (input: InputProps) => ComponentChildren }) {
  const { label, hint, path, optional = false, disabled = false, children } = props;
  const own = useId();
  const id = path === undefined ? own : fieldId(path);
  const faults = useFaults(path);
  const described = [hint === undefined ? '' : `${id}-hint`, faults.length === 0 ? '' : `${id}-faults`]
    .filter((each) => each !== '')
    .join(' ');
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional && <span class="optional"> {t('common.optional')}</span>}
      </label>
      {children({
        id,
        ...(described === '' ? {} : { 'aria-describedby': described }),
        ...(faults.length === 0 ? {} : { 'aria-invalid': true }),
        ...(disabled ? { disabled } : {}),
      })}
      {hint !== undefined && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
      <FieldFaults id={`${id}-faults`} path={path} />
    </div>
  );
}

/** The faults of a path below its input; said aloud when they appear. */
export function FieldFaults({ id, path }: { readonly id: string; readonly path: string | undefined }) {
  const faults = useFaults(path);
  return (
    <div id={id} class="field-faults" aria-live="polite">
      {faults.map((fault) => (
        <p key={`${fault.path} ${fault.message}`}>
          {fault.path !== path && <code>{fault.path.slice(path?.length).replace(/^\./, '')}</code>}{' '}
          {faultText(fault)}
        </p>
      ))}
    </div>
  );
}
