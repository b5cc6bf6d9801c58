/** The consent behind an upstream: begun in a new tab or with a code, waited for here, forgotten here. */
import { useEffect, useState } from 'preact/hooks';
import type { Authorization, SignInStartAnswer } from '../../../admin/contract-authorizations.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { fieldId } from '../../components/faults.tsx';
import { Form } from '../../components/form.tsx';
import { Notice } from '../../components/notice.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { TextField } from '../../components/text-field.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { type Action, useAction } from '../../use-action.ts';
import { rich, t } from '../../words/words.ts';
import { awaitSignIn, failSignIn, type SignIn, setSignIn, useSignIn } from './sign-ins.ts';
import { TEST_TO } from './test-card.tsx';

export function AuthorizationCard(props: {
  readonly name: string;
  readonly flow: string;
  readonly authorization: Authorization | undefined;
  readonly redirectUris: readonly string[];
  /** Saves what is typed; resolves with the name. Absent where nothing is to be saved. */
  readonly saveFirst: (() => Promise<void>) | undefined;
  readonly reload: () => void;
}) {
  const { name, flow, authorization, redirectUris, saveFirst, reload } = props;
  const signIn = useSignIn(name);
  const { start, ended } = signIn ?? {};
  const [redirect, setRedirect] = useState(redirectUris[0] ?? '');
  const device = flow === 'device-code';
  useEffect(() => {
    if (ended !== undefined) reload();
  }, [ended]);

  const verify = useAction(async () => {
    // Only within the click itself do browsers let a tab be opened.
    const tab = device ? null : window.open('', '_blank');
    setSignIn(name, undefined);
    try {
      await saveFirst?.();
    } catch (error) {
      tab?.close();
      throw error;
    }
    // From here on this page may be another one: a new upstream has a page of its own once it is saved.
    try {
      const path = `/api/v1/upstreams/${encodeURIComponent(name)}/authorization`;
      const other = redirect !== '' && redirect !== redirectUris[0];
      const chosen = other ? { redirectPath: new URL(redirect).pathname } : {};
      const begun = await send<SignInStartAnswer>('POST', path, device ? { flow } : chosen);
      if (begun.kind === 'link') tab?.location.replace(begun.link);
      void awaitSignIn(name, begun, !device && tab === null);
    } catch (error) {
      tab?.close();
      failSignIn(name, error);
    }
  });
  const forget = useAction(async () => {
    await send('DELETE', `/api/v1/upstreams/${encodeURIComponent(name)}/authorization`);
    setSignIn(name, undefined);
    reload();
    return t('email.forgotten');
  });
  const authorized = authorization?.state === 'authorized';
  const given = authorization !== undefined && authorization.state !== 'none';
  return (
    <Card title={t('email.authorization')}>
      <p aria-live="polite">
        <AuthorizationState authorization={authorization} />
        {authorization?.authorizedAt !== undefined && (
          <>
            {' '}
            {rich('email.doneBy', {
              when: <TimeText at={authorization.authorizedAt} />,
              who: authorization.authorizedBy ?? '',
            })}
          </>
        )}
      </p>
      {given && authorization.text !== undefined && !authorized && (
        <Notice kind="warning" title={authorization.text} remedy={authorization.remedy} />
      )}
      {!given && <p>{device ? t('email.authorizationDevice') : t('email.authorizationLink')}</p>}
      {redirectUris.length > 1 && !device && (
        <Disclosure summary={t('email.redirectChoice')}>
          <SelectField
            label={t('email.redirectUri')}
            value={redirect}
            choices={redirectUris.map((value) => ({ value, label: value }))}
            onChange={setRedirect}
          />
        </Disclosure>
      )}
      <div class="buttons">
        <ActionButton action={verify} needs="authorizations.manage" look={authorized ? 'plain' : 'main'}>
          {saveFirst === undefined ? t('email.verifyOauth') : t('email.saveAndVerify')}
        </ActionButton>
        {given && (
          <ConfirmButton
            action={forget}
            look="danger"
            needs="authorizations.manage"
            question={t('email.forgetQuestion', { name })}
            confirm={t('email.forget')}
          >
            {t('email.forget')}
          </ConfirmButton>
        )}
      </div>
      <div aria-live="polite" class="sign-in-answer">
        {start?.kind === 'link' && <LinkStarted start={start} blocked={signIn?.blocked === true} />}
        {start?.kind === 'device' && <DeviceStarted start={start} />}
        {ended !== undefined && <Ended state={ended} />}
      </div>
    </Card>
  );
}

/** In words; “Authorized as …” is what the page turns to. */
export function AuthorizationState({ authorization }: { readonly authorization: Authorization | undefined }) {
  switch (authorization?.state) {
    case 'authorized':
      return (
        <StateBadge tone="good">
          {authorization.account === undefined
            ? t('email.authorized')
            : t('email.authorizedAs', { account: authorization.account })}
        </StateBadge>
      );
    case 'failing':
      return <StateBadge tone="warning">{t('email.auth-failing')}</StateBadge>;
    case 'void':
      return <StateBadge tone="bad">{t('email.auth-void')}</StateBadge>;
    case 'stale':
      return <StateBadge tone="bad">{t('email.auth-stale')}</StateBadge>;
    case 'none':
    case undefined:
      if (authorization?.flow === 'client-credentials' || authorization?.flow === 'service-account') {
        return <StateBadge tone="neutral">{t('email.auth-byItself')}</StateBadge>;
      }
      return <StateBadge tone="warning">{t('email.auth-none')}</StateBadge>;
  }
}

function LinkStarted(props: {
  readonly start: Extract<SignInStartAnswer, { kind: 'link' }>;
  readonly blocked: boolean;
}) {
  const { start, blocked } = props;
  const [address, setAddress] = useState('');
  const finish: Action = useAction(async () => {
    await send('POST', '/api/v1/sign-ins/finish', { address });
  });
  return (
    <Notice
      kind={blocked ? 'warning' : 'info'}
      title={blocked ? t('email.popupBlocked') : t('email.waitingForTab')}
      actions={
        <a href={start.link} target="_blank" rel="noreferrer">
          {t('email.openSignIn')}
        </a>
      }
    >
      {start.warning}
      <Disclosure summary={t('email.cannotReturn')}>
        <p>{t('email.cannotReturnHow')}</p>
        <Form action={finish}>
          <TextField label={t('email.pastedAddress')} value={address} onChange={setAddress} code required />
          <ActionButton action={finish} submit>
            {t('email.finish')}
          </ActionButton>
        </Form>
      </Disclosure>
    </Notice>
  );
}

function DeviceStarted({ start }: { readonly start: Extract<SignInStartAnswer, { kind: 'device' }> }) {
  return (
    <Notice kind="info" title={t('email.deviceTitle')}>
      <p class="device-code">
        <CopyText text={start.userCode} label={t('email.code')} />
      </p>
      <p>
        <a href={start.verificationUriComplete ?? start.verificationUri} target="_blank" rel="noreferrer">
          {start.verificationUri}
        </a>{' '}
        {t('email.deviceUntil')} <TimeText at={start.expiresAt} />
      </p>
      <p>{t('email.deviceWaits')}</p>
    </Notice>
  );
}

function Ended({ state }: { readonly state: NonNullable<SignIn['ended']> }) {
  if (state.state !== 'authorized') {
    return <Notice kind="error" title={state.text ?? t('email.signInFailed')} remedy={state.remedy} />;
  }
  return (
    <Notice
      kind={state.text === undefined ? 'success' : 'warning'}
      title={
        state.account === undefined
          ? t('email.authorized')
          : t('email.authorizedAs', { account: state.account })
      }
      remedy={state.remedy}
    >
      {state.text ?? rich('email.authorizedNext', { test: <ToTest /> })}
    </Notice>
  );
}

function ToTest() {
  return (
    <button type="button" class="quiet" onClick={goToTest}>
      {t('email.toTest')}
    </button>
  );
}

function goToTest(): void {
  document.getElementById(fieldId(TEST_TO))?.focus();
}
