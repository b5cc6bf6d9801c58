/** The text from a file, and into one. */
import { useRef } from 'preact/hooks';
import { t } from '../../words/words.ts';

/** Bytes that the API takes. */
const LARGEST = 1024 * 1024;

/** The text of a file; nothing where it is too large to be settings. */
export async function readText(file: File): Promise<string | undefined> {
  if (file.size > LARGEST) return undefined;
  return (await file.text()).replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
}

/** Opens a file in the editor, and saves the text into one. */
export function FileButtons(props: {
  readonly text: string;
  readonly revision: number;
  /** What is in the editor is not what is in force. */
  readonly dirty: boolean;
  /** Without it nothing can be opened. */
  readonly onFile: ((file: File) => Promise<void>) | undefined;
}) {
  const { text, revision, dirty, onFile } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="buttons">
      {onFile !== undefined && (
        <>
          <button type="button" onClick={() => input.current?.click()}>
            {t('document.open')}
          </button>
          <input
            ref={input}
            type="file"
            hidden
            accept=".yaml,.yml,.json"
            aria-label={t('document.open')}
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              // So that the same file can be chosen again.
              currentTarget.value = '';
              if (file !== undefined) void onFile(file);
            }}
          />
        </>
      )}
      <button
        type="button"
        onClick={() => download(`postern-settings${dirty ? '' : `-${revision}`}.yaml`, text)}
      >
        {t('document.download')}
      </button>
    </div>
  );
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 1000);
}
