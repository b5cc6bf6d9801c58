/** The document in an editor: checked while it is typed, saved as a new revision, taken from a file or into one. */
import { useId, useRef, useState } from 'preact/hooks';
import type { Saved, SettingsText } from '../../../admin/contract-configuration.ts';
import { ApiError, send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { useMay } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { type Query, useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { CheckResult } from './check-result.tsx';
import { CodeEditor, selectLine } from './code-editor.tsx';
import { Conflict } from './conflict.tsx';
import { useDraft } from './draft.ts';
import { FileButtons, readText } from './file-buttons.tsx';
import { savedText } from './saved-text.ts';
import { useCheck } from './use-check.ts';

export function SettingsEditor() {
  const query = useQuery<SettingsText>('/api/v1/settings/yaml', { topics: ['settings'] });
  return (
    <Loaded query={query} lines={16}>
      {(current) => <Editor current={current} query={query} />}
    </Loaded>
  );
}

function Editor({ current, query }: { readonly current: SettingsText; readonly query: Query<SettingsText> }) {
  const { yaml, revision, locked, source } = current;
  const etag = query.etag ?? `"${revision}"`;
  const [draft, setDraft] = useDraft();
  const [note, setNote] = useState<string>();
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const may = useMay('settings.write');
  const editable = may && !locked;
  const text = draft?.text ?? yaml;
  const latest = useRef(text);
  latest.current = text;
  const check = useCheck(editable ? text : undefined);
  const conflict = draft !== undefined && draft.base !== etag;

  const type = (next: string) => {
    const { base, baseText } = draft ?? { base: etag, baseText: yaml };
    save.clear();
    setDraft(next === baseText ? undefined : { text: next, base, baseText });
  };
  const forget = () => {
    setNote(undefined);
    setDraft(undefined);
    query.reload();
  };
  const store = async (ifMatch: string, signal: AbortSignal) => {
    try {
      const saved = await send<Saved>('PUT', '/api/v1/settings/yaml', { yaml: text }, { ifMatch, signal });
      if (latest.current === text) forget();
      else {
        // What was typed meanwhile goes on from what was saved.
        setDraft({ text: latest.current, base: `"${saved.revision}"`, baseText: text });
        query.reload();
      }
      return savedText(saved);
    } catch (error) {
      // The newer settings are needed to decide what to do.
      if (error instanceof ApiError && error.status === 412) query.reload();
      throw error;
    }
  };
  const save = useAction((signal) => store(draft?.base ?? etag, signal));
  const replace = useAction((signal) => store(etag, signal));
  const discard = useAction(async () => forget());
  const open = async (file: File) => {
    const read = await readText(file);
    if (typeof read !== 'string') return setNote(t('document.tooLarge', { name: file.name }));
    type(read);
    setNote(t('document.opened', { name: file.name }));
    area.current?.focus();
  };

  const why =
    draft === undefined
      ? t('document.unchanged')
      : conflict
        ? t('document.decideFirst')
        : check.faults.length > 0 && !check.checking && t('document.faultsFirst');
  return (
    <Card
      title={t('document.title')}
      actions={
        <FileButtons
          text={text}
          revision={revision}
          dirty={draft !== undefined}
          onFile={editable ? open : undefined}
        />
      }
    >
      {locked && (
        <Notice kind="info" title={t('document.locked')}>
          {t('document.lockedWhy', { source })}
        </Notice>
      )}
      {conflict && <Conflict revision={revision} replace={replace} discard={discard} />}
      <label for={id} class="hidden">
        {t('document.title')}
      </label>
      <CodeEditor
        id={id}
        value={text}
        onChange={type}
        readOnly={!editable}
        describedBy={`${id}-check`}
        marked={new Set(check.faults.flatMap(({ line }) => line ?? []))}
        area={area}
        onFile={(file) => void open(file)}
      />
      {editable && (
        <CheckResult
          id={`${id}-check`}
          check={check}
          goTo={(line) => {
            if (area.current !== null) selectLine(area.current, line);
          }}
        />
      )}
      <p role="status" class="note">
        {note}
      </p>
      {!locked && (
        <div class="buttons">
          <ActionButton action={save} look="main" needs="settings.write" disabled={why}>
            {t('common.save')}
          </ActionButton>
          {draft !== undefined && !conflict && (
            <ConfirmButton
              action={discard}
              look="quiet"
              question={t('document.discardQuestion')}
              confirm={t('document.discard')}
            >
              {t('document.discard')}
            </ConfirmButton>
          )}
        </div>
      )}
      {editable && <p class="hint">{t('document.hint')}</p>}
    </Card>
  );
}
