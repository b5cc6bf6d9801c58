/** A text with the numbers of its lines; those with faults are marked. Tab goes on to the next control, as everywhere. */
import type { Ref } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../words/words.ts';

export function CodeEditor(props: {
  readonly id: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly readOnly: boolean;
  /** Ids of what says how the text is. */
  readonly describedBy: string;
  /** Numbers of lines, from 1. */
  readonly marked: ReadonlySet<number>;
  readonly area: Ref<HTMLTextAreaElement>;
  readonly onFile: (file: File) => void;
}) {
  const { id, value, onChange, readOnly, describedBy, marked, area, onFile } = props;
  const numbers = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const lines = value.split('\n').length;
  const follow = (element: HTMLTextAreaElement) => {
    if (numbers.current !== null) numbers.current.scrollTop = element.scrollTop;
  };
  useEffect(() => {
    const element = frame.current?.querySelector('textarea');
    if (element !== null && element !== undefined) follow(element);
  }, [value]);
  const over = (yes: boolean) => frame.current?.classList.toggle('dropping', yes);
  return (
    <div
      ref={frame}
      class="code-editor"
      onDragOver={(event) => {
        if (readOnly || event.dataTransfer?.types.includes('Files') !== true) return;
        event.preventDefault();
        over(true);
      }}
      onDragLeave={() => over(false)}
      onDrop={(event) => {
        over(false);
        const file = event.dataTransfer?.files[0];
        if (readOnly || file === undefined) return;
        event.preventDefault();
        onFile(file);
      }}
    >
      <div ref={numbers} class="line-numbers" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <span key={index} class={marked.has(index + 1) ? 'marked' : ''}>
            {index + 1}
          </span>
        ))}
      </div>
      <textarea
        ref={area}
        id={id}
        class="code"
        value={value}
        readOnly={readOnly}
        aria-describedby={describedBy}
        aria-invalid={marked.size > 0}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        wrap="off"
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
        onScroll={({ currentTarget }) => follow(currentTarget)}
      />
      <p class="drop-here" aria-hidden="true">
        {t('document.drop')}
      </p>
    </div>
  );
}

/** Selects a line, so that it is seen and can be mended. */
export function selectLine(area: HTMLTextAreaElement, line: number): void {
  const before = area.value.split('\n').slice(0, line - 1);
  const start = before.reduce((sum, text) => sum + text.length + 1, 0);
  const end = area.value.indexOf('\n', start);
  area.focus();
  area.setSelectionRange(start, end < 0 ? area.value.length : end);
  const height = Number.parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 1) * height - area.clientHeight / 3);
  area.scrollLeft = 0;
}
