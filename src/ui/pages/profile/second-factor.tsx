/** The second factor of one's own: on with an app and a code, off with the password. */
import { useState } from 'preact/hooks';
import type { SecondFactorAnswer, Session } from '../../../admin/contract-access.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { Form } from '../../components/form.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { TextField } from '../../components/text-field.tsx';
import { signedIn, useSession } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { QrCode } from './qr-code.tsx';

const PATH = '/api/v1/session/second-factor';
/** The form above has a field `password` already. */
const PREFIX = 'second-factor.';

export function SecondFactor({ onChanged }: { readonly onChanged: () => void }) {
  const on = useSession()?.user.secondFactor ?? false;
  const [enrolment, setEnrolment] = useState<SecondFactorAnswer>();
  const [said, setSaid] = useState('');
  const begin = useAction(async (signal) => {
    setSaid('');
    setEnrolment(await send<SecondFactorAnswer>('POST', `${PATH}/new`, undefined, { signal }));
  });
  const changed = (text: string) => {
    setSaid(text);
    setEnrolment(undefined);
    onChanged();
  };
  return (
    <Card
      title={t('profile.secondFactor')}
      actions={
        <StateBadge tone={on ? 'good' : 'neutral'}>
          {on ? t('profile.factor-on') : t('profile.factor-off')}
        </StateBadge>
      }
    >
      <p class="prose">{t('profile.factorLead')}</p>
      <p role="status">{said}</p>
      {on && <TurnOff onDone={() => changed(t('profile.turnedOff'))} />}
      {!on && enrolment === undefined && (
        <ActionButton action={begin}>{t('profile.factorSetUp')}</ActionButton>
      )}
      {!on && enrolment !== undefined && (
        <TurnOn
          enrolment={enrolment}
          onDone={() => changed(t('profile.turnedOn'))}
          onCancel={() => setEnrolment(undefined)}
        />
      )}
    </Card>
  );
}

function TurnOn(props: {
  readonly enrolment: SecondFactorAnswer;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}) {
  const { secret, qr } = props.enrolment;
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const confirm = useAction(async (signal) => {
    const next = await send<Session>('PUT', PATH, { password, secret, code }, { signal });
    signedIn(next);
    props.onDone();
  });
  return (
    <div class="enrolment">
      <div>
        <h3>{t('profile.factorScan')}</h3>
        <p class="muted">{t('profile.factorScanWhy')}</p>
        <QrCode rows={qr} label={t('profile.factorCode')} />
        <p>
          {t('profile.factorSecret')}: <CopyText text={secret} label={t('profile.factorSecret')} />
        </p>
      </div>
      <Form action={confirm} prefix={PREFIX}>
        <h3>{t('profile.factorConfirm')}</h3>
        <TextField
          label={t('profile.code')}
          hint={t('profile.codeHint')}
          path={`${PREFIX}code`}
          value={code}
          onChange={setCode}
          autocomplete="one-time-code"
          inputMode="numeric"
          maxLength={8}
          code
          required
        />
        <OwnPassword value={password} onChange={setPassword} />
        <div class="buttons">
          <ActionButton action={confirm} look="main" submit>
            {t('profile.turnOn')}
          </ActionButton>
          <button type="button" class="quiet" onClick={props.onCancel}>
            {t('common.cancel')}
          </button>
        </div>
      </Form>
    </div>
  );
}

function TurnOff({ onDone }: { readonly onDone: () => void }) {
  const [password, setPassword] = useState('');
  const turnOff = useAction(async (signal) => {
    signedIn(await send<Session>('DELETE', PATH, { password }, { signal }));
    onDone();
  });
  return (
    <Disclosure summary={t('profile.turnOff')}>
      <Form action={turnOff} prefix={PREFIX}>
        <p class="muted">{t('profile.turnOffLead')}</p>
        <OwnPassword value={password} onChange={setPassword} />
        <ActionButton action={turnOff} submit>
          {t('profile.turnOff')}
        </ActionButton>
      </Form>
    </Disclosure>
  );
}

function OwnPassword(props: { readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <TextField
      label={t('profile.ownPassword')}
      path={`${PREFIX}password`}
      type="password"
      value={props.value}
      onChange={props.onChange}
      autocomplete="current-password"
      required
    />
  );
}
