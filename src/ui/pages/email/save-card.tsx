/** Saves, with a test mail if wanted, and follows that mail to its end. */
import { useState } from 'preact/hooks';
import type { Saved } from '../../../admin/contract-configuration.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { Notice } from '../../components/notice.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { SavedTestNotice } from './saved-test.tsx';

export function SaveCard(props: {
  readonly dirty: boolean;
  readonly may: boolean;
  readonly isNew: boolean;
  /** The next thing to do; else signing in is. */
  readonly main: boolean;
  readonly name: string;
  /** Who gets the test. */
  readonly to: string;
  readonly testByDefault: boolean;
  readonly save: (query: string) => Promise<Saved>;
  readonly result: Saved | undefined;
  readonly discard: (() => void) | undefined;
}) {
  const { dirty, may, isNew, main, name, to, testByDefault, save, result, discard } = props;
  const [chosen, setChosen] = useState<boolean>();
  const test = (chosen ?? testByDefault) && to !== '';
  const saving = useAction(async () => {
    const query = new URLSearchParams(
      test ? { test: 'true', testTo: to, testUpstream: name } : { test: 'false' },
    );
    const { warnings } = await save(`?${query}`);
    return warnings.length === 0 ? t('email.saved') : t('email.savedWithWarnings');
  });
  if (!may) return null;
  return (
    <Card title={t('common.save')}>
      <CheckField
        label={t('email.sendOnSave')}
        hint={to === '' ? t('email.sendOnSaveNobody') : t('email.sendOnSaveTo', { to })}
        value={test}
        disabled={to === ''}
        onChange={setChosen}
      />
      <div class="buttons">
        <ActionButton
          action={saving}
          look={main ? 'main' : 'plain'}
          needs="settings.write"
          disabled={!dirty && t('email.nothingChanged')}
        >
          {isNew ? t('email.saveNew') : t('common.save')}
        </ActionButton>
        {discard !== undefined && (
          <button type="button" class="quiet" onClick={discard}>
            {t('email.discard')}
          </button>
        )}
      </div>
      <div aria-live="polite">
        {result?.warnings.map((warning) => (
          <Notice
            key={`${warning.path} ${warning.message}`}
            kind="warning"
            title={`${warning.path} ${warning.message}`}
            remedy={warning.remedy}
          />
        ))}
        {result?.test !== undefined && <SavedTestNotice test={result.test} />}
      </div>
    </Card>
  );
}
