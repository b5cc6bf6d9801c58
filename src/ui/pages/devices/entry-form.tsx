/**
 * A form for one entry of the settings, such as a client. What others change meanwhile is not lost: the newest document is
 * taken and this entry put into it; when it is this very entry that they have changed, that is said first.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FaultsOf } from '../../components/faults.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { same } from '../../json.ts';
import { sessionStore, useMay } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { useAskBeforeLeaving } from '../../use-ask-before-leaving.ts';
import type { Query } from '../../use-query.ts';
import { useSettings } from '../../use-settings.ts';
import { t } from '../../words/words.ts';
import { type Entry, entryOf, placeOf, type Section, textOf, withEntry, withoutEntry } from './document.ts';
import { type PartChange, saidStore, saveSettings } from './settings.ts';

/** What the fields of a form get. */
export interface FieldsProps {
  readonly entry: Entry;
  /** The entry as it is in force; absent for a new one. */
  readonly known: Entry | undefined;
  readonly change: (entry: Entry) => void;
  /** Path of the entry in the document, such as `clients[0]`. */
  readonly path: string;
  /** The whole document, for lists to choose from. */
  readonly document: unknown;
}

interface FormProps {
  readonly section: Section;
  /** Of the entry to change; a new one if absent. */
  readonly name?: string | undefined;
  readonly title: string;
  /** What a new entry begins as. */
  readonly fresh: Entry;
  readonly fields: (props: FieldsProps) => ComponentChildren;
}

interface Typed {
  /** What was in force when it was begun; absent for a new entry. */
  readonly base: Entry | undefined;
  readonly draft: Entry;
}

/** What is typed and not saved, for as long as the page is not loaded anew: there may be a password in it. */
const unsaved = new Map<string, Typed>();

// Whoever signs in next must not see what the one before has typed.
sessionStore.watch(({ state }) => {
  if (state !== 'signed-in') unsaved.clear();
});

/** Where the list is that an entry is in. */
function listPath(section: Section): string {
  return section === 'listeners' ? '/devices/listeners' : '/devices/clients';
}

export function EntryForm(props: FormProps) {
  const settings = useSettings();
  const { section, name } = props;
  return (
    <Card title={props.title} actions={<a href={listPath(section)}>{t('devices.back')}</a>}>
      <Loaded query={settings} lines={8}>
        {(answer) => {
          const known = entryOf(answer.document, section, name);
          if (name !== undefined && known === undefined) {
            return <EmptyState title={t('devices.gone', { name })} />;
          }
          // A key of its own for each entry, so that no draft goes from one to another.
          return (
            <Editing
              key={`${section} ${name}`}
              {...props}
              settings={settings}
              answer={answer}
              known={known}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}

function Editing(
  props: FormProps & {
    readonly settings: Query<SettingsAnswer>;
    readonly answer: SettingsAnswer;
    readonly known: Entry | undefined;
  },
) {
  const { section, name, fresh, fields, settings, answer, known } = props;
  const { route } = useLocation();
  const may = useMay('settings.write');
  const key = `${section} ${name ?? ''}`;
  const [{ base, draft }, setTyped] = useState<Typed>(
    () => unsaved.get(key) ?? { base: known, draft: known ?? fresh },
  );
  const dirty = !same(draft, base ?? fresh);
  useAskBeforeLeaving(dirty);
  const type = (typed: Typed) => {
    unsaved.set(key, typed);
    setTyped(typed);
  };
  const begin = () => {
    unsaved.delete(key);
    setTyped({ base: known, draft: known ?? fresh });
  };
  const shownName = name ?? textOf(draft, 'name');
  const done = (text: string, warnings: Awaited<ReturnType<typeof saveSettings>>) => {
    unsaved.delete(key);
    saidStore.set({ text, warnings });
    route(listPath(section));
  };
  const change = (make: PartChange['make']): PartChange => ({
    make,
    fits: (document) => name === undefined || same(entryOf(document, section, name), base),
  });
  const save = useAction(async (signal) => {
    const put = change((document) => withEntry(document, section, name, draft));
    const warnings = await saveSettings(settings, put, signal);
    done(t('devices.saved', { name: textOf(draft, 'name') }), warnings);
  });
  const remove = useAction(async (signal) => {
    const put = change((document) => withoutEntry(document, section, name ?? ''));
    done(t('devices.removed', { name: shownName }), await saveSettings(settings, put, signal));
  });
  const stale = name !== undefined && !same(base, known);
  useEffect(() => {
    // Where nothing was typed yet, there is nothing to lose: what is in force is shown.
    if (stale && same(draft, base)) begin();
  }, [known]);
  const closed = answer.locked || !may;
  return (
    // The settings know better than the browser what is wrong, and say it in words.
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!closed && !stale) void save.run();
      }}
    >
      {answer.locked && <Notice kind="info" title={t('devices.locked', { source: answer.source })} />}
      {!answer.locked && !may && <Notice kind="info" title={t('devices.mayNotChange')} />}
      <FaultsOf faults={save.error?.faults ?? []}>
        <fieldset class="entry" disabled={closed}>
          {fields({
            entry: draft,
            known,
            change: (entry) => {
              type({ base, draft: entry });
              save.clear();
            },
            path: `${section}[${placeOf(answer.document, section, name)}]`,
            document: answer.document,
          })}
        </fieldset>
      </FaultsOf>
      {stale && (
        <Notice
          kind="warning"
          title={t('devices.changedMeanwhile', { name: shownName })}
          actions={
            <>
              <button type="button" class="quiet" onClick={begin}>
                {t('devices.takeTheirs')}
              </button>
              <button type="button" class="quiet" onClick={() => type({ base: known, draft })}>
                {t('devices.keepMine')}
              </button>
            </>
          }
        >
          {t('devices.changedMeanwhileMore')}
        </Notice>
      )}
      {!closed && (
        <div class="buttons">
          <ActionButton
            action={save}
            look="main"
            submit
            disabled={stale && t('devices.changedMeanwhile', { name: shownName })}
          >
            {t('devices.save')}
          </ActionButton>
          {name !== undefined && (
            <ConfirmButton
              action={remove}
              look="danger"
              question={t('devices.removeAsk', { name })}
              confirm={t('devices.removeDo', { name })}
            >
              {t('devices.remove')}
            </ConfirmButton>
          )}
        </div>
      )}
    </form>
  );
}
