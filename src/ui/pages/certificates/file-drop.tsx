/** A file: chosen with the button, which the keyboard reaches, or dropped anywhere on it. */
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { t } from '../../words/words.ts';

export function FileDrop(props: {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** Endings and media types that the browser offers. */
  readonly accept: string;
  readonly file: File | undefined;
  readonly onFile: (file: File | undefined) => void;
  readonly optional?: boolean;
}) {
  const { label, hint, accept, file, onFile, optional = false } = props;
  const [over, setOver] = useState(false);
  const id = useId();
  return (
    <div
      class={`field file-drop${over ? ' over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer?.files[0]);
      }}
    >
      <label for={id}>
        {label}
        {optional && <span class="optional"> {t('common.optional')}</span>}
      </label>
      <input
        id={id}
        type="file"
        accept={accept}
        aria-describedby={`${id}-hint`}
        onChange={({ currentTarget }) => onFile(currentTarget.files?.[0])}
      />
      <small id={`${id}-hint`} class="hint">
        {hint}
      </small>
      <span role="status" class="chosen-file">
        {file !== undefined && t('certificates.chosenFile', { file: file.name })}
      </span>
    </div>
  );
}
