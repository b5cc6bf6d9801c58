/** Makes an API token, and shows it once. */
import { useState } from 'preact/hooks';
import type { Permission } from '../../../access/permissions.ts';
import type { NewTokenAnswer } from '../../../admin/contract-access.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { FieldFaults } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useSession } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { SCOPE_WORDS } from './scope-words.ts';
import { ShownOnce } from './shown-once.tsx';

const ENDS = ['30', '90', '365', 'none'] as const;
type End = (typeof ENDS)[number];

export function NewToken(props: { readonly scopes: readonly Permission[]; readonly onClose: () => void }) {
  const { scopes, onClose } = props;
  const held = useSession()?.permissions ?? [];
  const [name, setName] = useState('');
  const [end, setEnd] = useState<End>('90');
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(new Set());
  const [made, setMade] = useState<NewTokenAnswer>();
  const make = useAction(async (signal) => {
    const body = { name, scopes: [...chosen], ...(end === 'none' ? {} : { days: Number(end) }) };
    setMade(await send<NewTokenAnswer>('POST', '/api/v1/tokens', body, { signal }));
  });
  const choose = (scope: Permission, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(scope);
    else next.delete(scope);
    setChosen(next);
  };
  if (made !== undefined) {
    const done = (
      <button type="button" onClick={onClose}>
        {t('users.done')}
      </button>
    );
    return (
      <Dialog title={t('users.newTokenTitle')} onClose={onClose} actions={done} wide>
        <ShownOnce
          title={t('users.tokenMade', { name: made.token.name })}
          label={t('users.token')}
          secret={made.secret}
        >
          {t('users.tokenShownOnce')}{' '}
          <CopyText
            text={`curl -H 'Authorization: Bearer ${made.secret}' ${location.origin}/api/v1/overview`}
            label={t('users.tokenTry')}
          />
        </ShownOnce>
      </Dialog>
    );
  }
  return (
    <Dialog title={t('users.newTokenTitle')} onClose={onClose} wide>
      <Form action={make}>
        <div class="fields">
          <TextField
            label={t('users.tokenName')}
            hint={t('users.tokenNameHint')}
            path="name"
            value={name}
            onChange={setName}
            maxLength={64}
            autofocus
            required
          />
          <SelectField
            label={t('users.endsIn')}
            path="days"
            value={end}
            choices={ENDS.map((value) => ({ value, label: t(`users.days-${value}`) }))}
            onChange={setEnd}
          />
        </div>
        <fieldset class="field scopes">
          <legend>{t('users.scopes')}</legend>
          <small class="hint">{t('users.scopesHint')}</small>
          <div class="scope-list">
            {scopes.map((scope) => (
              <CheckField
                key={scope}
                label={t(SCOPE_WORDS[scope])}
                {...(held.includes(scope) ? {} : { hint: t('users.notHeld') })}
                disabled={!held.includes(scope)}
                value={chosen.has(scope)}
                onChange={(on) => choose(scope, on)}
              />
            ))}
          </div>
          <FieldFaults id="scopes-faults" path="scopes" />
        </fieldset>
        <ActionButton action={make} look="main" submit>
          {t('users.make')}
        </ActionButton>
      </Form>
    </Dialog>
  );
}
