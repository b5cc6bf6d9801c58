/** Devices that were not let in, and one click that lets them in. */
import { useState } from 'preact/hooks';
import type { Refusal } from '../../../admin/contract.ts';
import type { AllowDevice, AllowedDevice } from '../../../admin/contract-overview.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAction } from '../../use-action.ts';
import { type Query, useQuery } from '../../use-query.ts';
import { rich, t } from '../../words/words.ts';

type Refusals = Query<{ readonly denied: readonly Refusal[] }>;

export function useRefusals(): Refusals {
  return useQuery('/api/v1/denied', { topics: ['devices', 'settings'] });
}

/** The list, each entry with what can be done. */
export function Refused() {
  const query = useRefusals();
  // What was done stays to be read when the refusal is gone from the list.
  const [done, setDone] = useState<readonly string[]>([]);
  const finished = (text?: string) => {
    if (text !== undefined) setDone((before) => [text, ...before].slice(0, 3));
    query.reload();
  };
  return (
    <Card title={t('devices.refused')}>
      <p class="card-lead">{t('devices.refusedLead')}</p>
      {query.data !== undefined && query.data.denied.length > 0 && (
        <p class="card-lead">{t('devices.allowRewriteWhy')}</p>
      )}
      <div role="status" class="said">
        {done.map((text) => (
          <Notice key={text} kind="success" title={text} />
        ))}
      </div>
      <Loaded query={query} lines={6}>
        {({ denied }) =>
          denied.length === 0 ? (
            <EmptyState title={t('devices.refusedNone')}>{t('devices.refusedNoneHow')}</EmptyState>
          ) : (
            <ul class="refusals">
              {denied.map((refusal) => (
                <RefusedDevice
                  key={`${refusal.address} ${refusal.sender}`}
                  refusal={refusal}
                  finished={finished}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function RefusedDevice(props: { readonly refusal: Refusal; readonly finished: (text?: string) => void }) {
  const { refusal, finished } = props;
  const { address, greeting, sender, recipient, reason, client, listener, count, lastSeen } = refusal;
  const useAllow = (wish: Omit<AllowDevice, 'address'>) =>
    useAction(async (signal) => {
      const { text } = await send<AllowedDevice>(
        'POST',
        '/api/v1/devices/allow',
        { address, ...wish },
        { signal },
      );
      finished(text);
    });
  const allow = useAllow({ sender });
  const rewrite = useAllow({ sender, rewriteSender: true });
  const any = useAllow({});
  const dismiss = useAction(async (signal) => {
    const query = `?sender=${encodeURIComponent(sender)}`;
    await send('DELETE', `/api/v1/denied/${encodeURIComponent(address)}${query}`, undefined, { signal });
    finished();
  });
  const shown = sender === '' ? t('devices.emptySender') : <b>{sender}</b>;
  return (
    <li>
      <h3>
        <span class="device-address">{address}</span>
        {greeting !== '' && <span class="beneath"> {greeting}</span>}
      </h3>
      <p>
        {client === '' ? t('devices.refusedStranger') : t('devices.refusedSender', { client })}{' '}
        {rich('devices.wanted', { sender: shown, recipient })},{' '}
        {rich('devices.tries', { count, time: <TimeText at={lastSeen} /> })}
        {listener !== '' && `, ${t('devices.on', { listener })}`}.
      </p>
      <p class="beneath">
        {t('devices.told')}: <q>{reason}</q>
      </p>
      <div class="buttons">
        <ActionButton action={allow} needs="devices.allow">
          {t('devices.allow')}
        </ActionButton>
        <ActionButton action={rewrite} needs="devices.allow">
          {t('devices.allowRewrite')}
        </ActionButton>
        <ActionButton action={any} look="quiet" needs="devices.allow">
          {t('devices.allowAny')}
        </ActionButton>
        <ActionButton action={dismiss} look="quiet" needs="devices.allow">
          {t('devices.dismiss')}
        </ActionButton>
      </div>
    </li>
  );
}
