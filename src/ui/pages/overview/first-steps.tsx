/** For somebody who has just begun: three steps to the first mail, each ticked off when it is done. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Device, Listeners, Overview } from '../../../admin/contract-overview.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Form } from '../../components/form.tsx';
import { Icon } from '../../components/icon.tsx';
import { Loading } from '../../components/loading.tsx';
import { TextField } from '../../components/text-field.tsx';
import { needsSignIn } from '../../needs-sign-in.ts';
import { useMay } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';

const HIDDEN = 'postern-first-steps-hidden';

export function FirstSteps({ overview }: { readonly overview: Overview }) {
  const [hidden, setHidden] = useState(() => localStorage.getItem(HIDDEN) !== null);
  const connected = overview.upstreams.some(
    ({ kind, authorization }) => kind !== 'test-relay' && !needsSignIn(authorization),
  );
  const sent = overview.lastDeliveredAt !== undefined;
  const begun = connected && overview.lastAcceptedAt !== undefined;
  const seesDevices = useMay('devices.read');
  const asked = seesDevices && !hidden && !(begun && sent);
  const { data } = useQuery<{ devices: readonly Device[] }>(asked ? '/api/v1/devices?limit=1' : undefined, {
    topics: ['devices'],
  });
  if (hidden || (begun && sent)) return null;
  const hide = () => {
    localStorage.setItem(HIDDEN, 'yes');
    setHidden(true);
  };
  return (
    <Card
      title={t('overview.firstSteps')}
      actions={
        <button type="button" class="quiet" onClick={hide}>
          {t('overview.hide')}
        </button>
      }
    >
      <ol class="first-steps">
        <Step done={connected} title={t('overview.connect')}>
          <p>{t('overview.connectHow')}</p>
          <a
            class={connected ? 'button' : 'button main'}
            href={overview.upstreams.some(({ kind }) => kind !== 'test-relay') ? '/email' : '/email/new'}
          >
            {connected ? t('shell.email') : t('overview.connectNow')}
          </a>
        </Step>
        <Step done={sent} title={t('overview.test')}>
          <SendTest connected={connected} />
        </Step>
        <Step done={(data?.devices.length ?? 0) > 0} title={t('overview.point')}>
          <p>{t('overview.pointHow')}</p>
          {seesDevices && <Where />}
        </Step>
      </ol>
    </Card>
  );
}

function Step(props: {
  readonly done: boolean;
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <li class={props.done ? 'first-step ticked' : 'first-step'}>
      <h3>
        {props.title}
        {props.done && (
          <span class="first-step-done">
            <Icon name="good" /> {t('overview.done')}
          </span>
        )}
      </h3>
      {props.children}
    </li>
  );
}

function SendTest({ connected }: { readonly connected: boolean }) {
  const [to, setTo] = useState('');
  const test = useAction(async (signal) => {
    const { text } = await send<{ text: string }>('POST', '/api/v1/send-test', { to }, { signal });
    return text;
  });
  return (
    <Form action={test}>
      <p>{connected ? t('overview.testHow') : t('overview.testHeld')}</p>
      <TextField
        label={t('overview.testTo')}
        path="to"
        type="email"
        value={to}
        onChange={setTo}
        autocomplete="email"
        required
      />
      <ActionButton action={test} needs="mail.send" submit>
        {t('overview.testSend')}
      </ActionButton>
    </Form>
  );
}

/** What to enter on a device. */
function Where() {
  const { data, loading } = useQuery<Listeners>('/api/v1/listeners', { topics: ['settings'] });
  const listener = data?.listeners.find(({ open }) => open);
  if (loading) return <Loading lines={6} />;
  if (listener === undefined) return null;
  const { servers, port, security, authentication, onlyThisMachine } = listener;
  return (
    <>
      <dl class="facts">
        <div>
          <dt>{t('overview.server')}</dt>
          <dd>
            <CopyText text={servers[0] ?? listener.address} label={t('overview.server')} />
          </dd>
        </div>
        <div>
          <dt>{t('overview.port')}</dt>
          <dd>
            <CopyText text={String(port)} label={t('overview.port')} />
          </dd>
        </div>
        <div>
          <dt>{t('overview.encryption')}</dt>
          <dd>{t(`overview.security-${security}`)}</dd>
        </div>
        <div>
          <dt>{t('overview.signInOfDevice')}</dt>
          <dd>{t(`overview.authentication-${authentication}`)}</dd>
        </div>
      </dl>
      {onlyThisMachine && <p class="remedy">{t('overview.onlyThisMachine')}</p>}
      <p>
        <a href="/devices">{t(onlyThisMachine ? 'overview.letNetwork' : 'overview.toDevices')}</a>
      </p>
    </>
  );
}
