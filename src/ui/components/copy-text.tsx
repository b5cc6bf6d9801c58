/** A text to take along, with a button that copies it and says so. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../words/words.ts';
import { Icon } from './icon.tsx';

const SAID = 4000;

export function CopyText({ text, label }: { readonly text: string; readonly label: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return undefined;
    const timer = window.setTimeout(() => setState('idle'), SAID);
    return () => window.clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // Without TLS browsers give no clipboard: the text is selected instead.
      setState('failed');
    }
  };
  const select = (element: HTMLElement | null) => {
    if (state === 'failed' && element !== null) window.getSelection()?.selectAllChildren(element);
  };
  return (
    <span class="copy">
      <code ref={select}>{text}</code>
      <button
        type="button"
        class="quiet icon-button"
        onClick={() => void copy()}
        title={t('common.copy', { what: label })}
      >
        <Icon name={state === 'copied' ? 'good' : 'copy'} />
        <span class="hidden">{t('common.copy', { what: label })}</span>
      </button>
      <span role="status" class="copied">
        {state === 'copied' && t('common.copied')}
        {state === 'failed' && t('common.copyYourself')}
      </span>
    </span>
  );
}
