/** What all upstreams share: where Postern is reached, which upstream is the usual one, who is told of what, and as whom. */
import { useRef, useState } from 'preact/hooks';
import type { Saved } from '../../../admin/contract-configuration.ts';
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { Form } from '../../components/form.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import type { JsonObject } from '../../json.ts';
import { useMay } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import type { Query } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { contactsOf, documentOf } from './configuration.ts';
import { useDraft } from './drafts.ts';
import { EXAMPLES } from './examples.ts';
import { textAt, valueAt, withAt } from './json.ts';
import { AccessUrlNotice } from './redirect-uris.tsx';
import { documentSaver } from './save-document.ts';
import { SavedTestNotice } from './saved-test.tsx';
import { useAwaited } from './use-awaited.ts';

/** The keys of the document that are edited here. */
const KEYS = ['accessUrl', 'defaultUpstream', 'contacts', 'notices'] as const;

export function GeneralCard(props: {
  readonly settings: Query<SettingsAnswer>;
  readonly answer: SettingsAnswer;
  readonly upstreams: readonly string[];
}) {
  const { settings, answer, upstreams } = props;
  const document = documentOf(answer);
  const saved = partOf(document);
  const draft = useDraft('general', saved, answer.revision);
  const [done, setDone] = useState<Saved>();
  const sent = useRef(draft.value);
  const { awaiting, wait } = useAwaited(answer.revision, () => draft.settle(sent.current));
  const may = useMay('settings.write') && !answer.locked;
  const save = documentSaver(settings);
  const value = draft.value;
  const set = (path: readonly string[]) => (next: string | boolean) =>
    draft.change(withAt(value, path, next === '' || next === false ? undefined : next));
  const saving = useAction(async () => {
    setDone(undefined);
    sent.current = value;
    const result = await save((before) => KEYS.reduce((all, key) => withAt(all, [key], value[key]), before));
    setDone(result);
    wait(result.revision);
    return t('email.saved');
  });
  const dirty = draft.dirty && !awaiting;
  return (
    <Card title={t('email.general')}>
      <Form action={saving}>
        <fieldset class="all" disabled={!may}>
          {upstreams.length > 0 && (
            <SelectField
              label={t('email.defaultUpstream')}
              hint={t('email.defaultUpstreamHint')}
              path="defaultUpstream"
              value={textAt(value, ['defaultUpstream'])}
              choices={[
                { value: '', label: t('email.holdEverything') },
                ...upstreams.map((name) => ({ value: name, label: name })),
              ]}
              onChange={set(['defaultUpstream'])}
            />
          )}
          <TextField
            label={t('email.contacts')}
            hint={t('email.contactsHint')}
            path="contacts"
            value={contactsOf(value)}
            placeholder={EXAMPLES.contacts}
            onChange={set(['contacts'])}
          />
          <TextField
            label={t('email.noticesFrom')}
            hint={t('email.noticesFromHint')}
            path="notices.from"
            type="email"
            optional
            value={textAt(value, ['notices', 'from'])}
            onChange={set(['notices', 'from'])}
          />
          <CheckField
            label={t('email.testOnSave')}
            hint={t('email.testOnSaveHint')}
            path="notices.testOnSave"
            value={valueAt(value, ['notices', 'testOnSave']) === true}
            onChange={set(['notices', 'testOnSave'])}
          />
          <TextField
            label={t('email.accessUrl')}
            hint={t('email.accessUrlHint')}
            path="accessUrl"
            type="url"
            code
            value={textAt(value, ['accessUrl'])}
            placeholder={EXAMPLES.accessUrl}
            onChange={set(['accessUrl'])}
          />
        </fieldset>
        <AccessUrlNotice
          accessUrl={textAt(document, ['accessUrl']) || EXAMPLES.accessUrl}
          save={may ? save : undefined}
        />
        <div class="buttons">
          <ActionButton
            action={saving}
            submit
            needs="settings.write"
            disabled={!may ? t('email.locked') : !dirty && t('email.nothingChanged')}
          >
            {t('common.save')}
          </ActionButton>
          {dirty && (
            <button type="button" class="quiet" onClick={draft.discard}>
              {t('email.discard')}
            </button>
          )}
        </div>
        {done?.test !== undefined && <SavedTestNotice test={done.test} />}
      </Form>
    </Card>
  );
}

function partOf(document: JsonObject): JsonObject {
  return Object.fromEntries(
    KEYS.flatMap((key) => (document[key] === undefined ? [] : [[key, document[key]]])),
  );
}
