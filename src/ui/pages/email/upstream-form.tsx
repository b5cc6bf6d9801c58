/** The form of one upstream, with its checklist, sign-in, test and save. */
import { useRef, useState } from 'preact/hooks';
import type { Preset, Presets, Saved } from '../../../admin/contract-configuration.ts';
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { ApiError, type Fault } from '../../api.ts';
import { Card } from '../../components/card.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { FaultsOf } from '../../components/faults.tsx';
import { TextField } from '../../components/text-field.tsx';
import type { JsonObject } from '../../json.ts';
import { useMay, useSession } from '../../session.ts';
import type { Query } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { AuthorizationCard } from './authorization-card.tsx';
import {
  contactsOf,
  defaultUpstreamOf,
  documentOf,
  upstreamsOf,
  useAuthorizations,
  useUpstreams,
} from './configuration.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import { useDraft } from './drafts.ts';
import type { FormProps } from './form.ts';
import { textAt, valueAt, withAt } from './json.ts';
import { LimitsFields } from './limits-fields.tsx';
import { PortalChecklist } from './portal-checklist.tsx';
import { RemoveUpstream } from './remove-upstream.tsx';
import { SaveCard } from './save-card.tsx';
import { documentSaver } from './save-document.ts';
import { SenderFields } from './sender-fields.tsx';
import { ServerFields } from './server-fields.tsx';
import { SignInFields } from './sign-in-fields.tsx';
import { TestCard } from './test-card.tsx';
import { useAwaited } from './use-awaited.ts';
import { choiceOf, presetOf, wayFor } from './ways.ts';

/** Who got the last test, for as long as the tab is open. */
const TEST_TO = 'postern.test.to';

export function UpstreamForm(props: {
  readonly draftKey: string;
  /** As it is in force; undefined for a new one. */
  readonly saved: JsonObject | undefined;
  /** What was chosen for a new one; else it is guessed from the settings. */
  readonly chosen?: Preset['id'];
  /** What the form begins with. */
  readonly begin: JsonObject;
  readonly settings: Query<SettingsAnswer>;
  readonly answer: SettingsAnswer;
  readonly offered: Presets;
  /** A new one was saved under this name, or given up. */
  readonly onLeave?: (name: string | undefined) => void;
}) {
  const { draftKey, saved, chosen, begin, settings, answer, offered, onLeave } = props;
  const document = documentOf(answer);
  const draft = useDraft(draftKey, begin, answer.revision, saved === undefined);
  const upstream = draft.value;
  const name = textAt(upstream, ['name']);
  const standing = useUpstreams();
  const authorizations = useAuthorizations();
  const may = useMay('settings.write') && !answer.locked;
  const session = useSession();
  const [first = ''] = contactsOf(document).split(/\s+/);
  const [to, setTo] = useState(() => sessionStorage.getItem(TEST_TO) ?? undefined);
  const testTo = to ?? (first || (session?.user.email ?? ''));
  const byDefault = defaultUpstreamOf(document);
  const [asDefault, setAsDefault] = useState<boolean>();
  const makeDefault = asDefault ?? (byDefault === '' && textAt(upstream, ['kind']) !== 'test-relay');
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [result, setResult] = useState<Saved>();
  const [serviceAccountId, setServiceAccountId] = useState('');

  const sent = useRef(upstream);
  const { awaiting, wait } = useAwaited(answer.revision, () => {
    if (saved !== undefined) return draft.settle(sent.current);
    draft.discard();
    onLeave?.(textAt(sent.current, ['name']));
  });
  const isNew = saved === undefined;
  const dirty =
    (draft.dirty || isNew || (makeDefault && byDefault !== name && asDefault === true)) && !awaiting;

  const others = upstreamsOf(document).filter(
    (each) => textAt(each, ['name']) !== (saved === undefined ? '' : name),
  );
  const index = saved === undefined ? others.length : upstreamsOf(document).indexOf(saved);
  const preset = offered.presets.find(({ id }) => id === (chosen ?? presetOf(upstream, offered.presets)));
  const way = wayFor(preset, choiceOf(upstream));
  const form: FormProps = {
    upstream,
    saved,
    change: (next) => {
      setFaults([]);
      setResult(undefined);
      draft.change(next);
    },
    preset,
    way,
    path: `upstreams[${index}]`,
    onServiceAccount: setServiceAccountId,
  };

  const withDraft = (before: JsonObject): JsonObject => {
    const list = upstreamsOf(before);
    const place = list.findIndex((each) => textAt(each, ['name']) === name);
    const upstreams = place < 0 ? [...list, upstream] : list.with(place, upstream);
    const next = withAt(before, ['upstreams'], upstreams);
    return makeDefault ? withAt(next, ['defaultUpstream'], name) : next;
  };
  const note = (error: unknown) => setFaults(error instanceof ApiError ? error.faults : []);
  const store = documentSaver(settings);
  const save = async (query: string): Promise<Saved> => {
    setResult(undefined);
    sent.current = upstream;
    try {
      const done = await store(withDraft, query);
      setFaults([]);
      setResult(done);
      wait(done.revision);
      return done;
    } catch (error) {
      note(error);
      throw error;
    }
  };

  const status = standing.data?.upstreams.find((each) => each.name === name);
  const oauth = choiceOf(upstream).type === 'oauth2';
  const person = oauth && !['client-credentials', 'service-account'].includes(choiceOf(upstream).flow);
  const accessUrl = textAt(document, ['accessUrl']) || 'http://localhost:8025';
  const authorization = authorizations.data?.authorizations.find((each) => each.upstream === name);
  const redirectUris = authorizations.data?.redirectUris ?? [];
  const checklist = way !== undefined && way.steps.length > 0 && (
    <Card title={t('email.checklist')}>
      <PortalChecklist
        way={way}
        upstream={upstream}
        redirectUris={redirectUris}
        accessUrl={accessUrl}
        save={may ? store : undefined}
        serviceAccountId={serviceAccountId}
      />
    </Card>
  );
  // Of any other server its name is what one knows first; of a provider it is filled in.
  const serverFirst = (preset?.id ?? 'smtp') === 'smtp';
  const server = <ServerFields {...form} ports={offered.ports} />;
  return (
    <FaultsOf faults={faults}>
      {draft.conflict !== undefined && (
        <ConflictNotice
          from={draft.conflict}
          to={answer.revision}
          keep={draft.keepMine}
          discard={draft.discard}
        />
      )}
      <div class="upstream-form">
        {isNew && checklist}
        <div class="upstream-fields">
          <Card title={t('email.account-card')}>
            <fieldset class="all" disabled={!may}>
              <p class="muted">
                {t(`email.preset-${preset?.id ?? 'smtp'}`)}
                {isNew && onLeave !== undefined && (
                  <>
                    {' · '}
                    <button
                      type="button"
                      class="quiet"
                      onClick={() => {
                        draft.discard();
                        onLeave(undefined);
                      }}
                    >
                      {t('email.chooseOther')}
                    </button>
                  </>
                )}
              </p>
              <TextField
                label={t('email.name')}
                hint={isNew ? t('email.nameHint') : t('email.nameStays')}
                path={`${form.path}.name`}
                value={name}
                readOnly={!isNew}
                maxLength={64}
                onChange={(next) => form.change(withAt(upstream, ['name'], next))}
              />
              {serverFirst && server}
              <SignInFields {...form} />
              {!serverFirst && server}
            </fieldset>
          </Card>
          {person && may && (
            <AuthorizationCard
              name={name}
              flow={choiceOf(upstream).flow}
              authorization={authorization}
              redirectUris={redirectUris}
              saveFirst={
                dirty
                  ? async () => {
                      await save('?test=false');
                    }
                  : undefined
              }
              reload={() => {
                authorizations.reload();
                standing.reload();
              }}
            />
          )}
          <Card title={t('email.sender')}>
            <fieldset class="all" disabled={!may}>
              <SenderFields {...form} />
              <CheckField
                label={t('email.makeDefault')}
                hint={byDefault === name && !isNew ? t('email.isDefaultHint') : t('email.makeDefaultHint')}
                value={makeDefault || (byDefault === name && !isNew)}
                disabled={byDefault === name && !isNew}
                onChange={setAsDefault}
              />
              <Disclosure summary={t('email.limits')}>
                <LimitsFields {...form} others={others.map((each) => textAt(each, ['name']))} />
              </Disclosure>
            </fieldset>
          </Card>
          <TestCard
            name={name}
            upstream={upstream}
            unsaved={dirty && may ? withDraft(document) : undefined}
            standing={status?.test}
            to={testTo}
            setTo={(next) => {
              sessionStorage.setItem(TEST_TO, next);
              setTo(next);
            }}
            onError={note}
            onDone={() => {
              setFaults([]);
              standing.reload();
            }}
          />
          <SaveCard
            dirty={dirty}
            may={may}
            isNew={isNew}
            main={!person || authorization?.state === 'authorized'}
            name={name}
            to={testTo}
            testByDefault={valueAt(document, ['notices', 'testOnSave']) === true}
            save={save}
            result={result}
            discard={draft.dirty && !isNew ? draft.discard : undefined}
          />
          {saved !== undefined && may && (
            <RemoveUpstream
              name={name}
              document={document}
              store={store}
              authorized={
                authorizations.data?.authorizations.some(
                  (each) => each.upstream === name && each.state !== 'none',
                ) === true
              }
            />
          )}
        </div>
        {!isNew && checklist}
      </div>
    </FaultsOf>
  );
}
