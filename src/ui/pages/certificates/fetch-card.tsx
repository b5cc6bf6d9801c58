/** Asks a server for its certificates, as mail would be sent to it. */
import { useState } from 'preact/hooks';
import type { FetchedChain } from '../../../admin/contract-certificates.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { Form } from '../../components/form.tsx';
import { Notice } from '../../components/notice.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { RadioGroup } from '../../components/radio-group.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { FetchedChainView } from './fetched-chain.tsx';

type Security = 'starttls' | 'tls';

/** Ports from the first byte on under TLS. */
const TLS_PORTS = [465, 443];

export function FetchCard(props: {
  /** `host:port`, where a link has led here. */
  readonly address?: string | undefined;
  readonly security?: string | undefined;
}) {
  const [, named = '', digits = ''] = /^(.*):(\d+)$/.exec(props.address ?? '') ?? [];
  const [host, setHost] = useState(named.replace(/^\[|\]$/g, ''));
  const [port, setPort] = useState<number | undefined>(digits === '' ? 587 : Number(digits));
  const [security, setSecurity] = useState<Security>(props.security === 'tls' ? 'tls' : 'starttls');
  const [shown, setShown] = useState<{ readonly host: string; readonly fetched: FetchedChain }>();
  const [said, setSaid] = useState('');
  const fetchChain = useAction(async (signal) => {
    setShown(undefined);
    const asked = host.trim();
    const body = { host: asked, port, security };
    const fetched = await send<FetchedChain>('POST', '/api/v1/certificates/fetch', body, { signal });
    setShown({ host: asked, fetched });
    return t('certificates.shown', {
      count: t('certificates.shownCount', { count: fetched.chain.length }),
      host: asked,
    });
  });
  const changed = () => {
    setSaid('');
    fetchChain.clear();
    setShown(undefined);
  };
  return (
    <Card title={t('certificates.fetch')}>
      <p class="card-lead">{t('certificates.fetchLead')}</p>
      <Form action={fetchChain}>
        <div class="fields">
          <TextField
            label={t('certificates.host')}
            hint={t('certificates.hostHint')}
            path="host"
            value={host}
            onChange={(value) => {
              setHost(value);
              changed();
            }}
            autofocus={props.address !== undefined}
            required
          />
          <NumberField
            label={t('certificates.port')}
            path="port"
            value={port}
            min={1}
            max={65_535}
            onChange={(value) => {
              setPort(value);
              if (value !== undefined && TLS_PORTS.includes(value)) setSecurity('tls');
              if (value === 25 || value === 587) setSecurity('starttls');
              changed();
            }}
            required
          />
        </div>
        <RadioGroup
          label={t('certificates.security')}
          path="security"
          value={security}
          inline
          choices={[
            {
              value: 'starttls',
              label: t('certificates.security-starttls'),
              hint: t('certificates.security-starttls-hint'),
            },
            {
              value: 'tls',
              label: t('certificates.security-tls'),
              hint: t('certificates.security-tls-hint'),
            },
          ]}
          onChange={(value) => {
            setSecurity(value);
            changed();
          }}
        />
        <ActionButton action={fetchChain} needs="certificates.write" submit>
          {t('certificates.show')}
        </ActionButton>
      </Form>
      <div role="status">{said !== '' && <Notice kind="success">{said}</Notice>}</div>
      {shown !== undefined && (
        <FetchedChainView
          host={shown.host}
          fetched={shown.fetched}
          onTrusted={(words) => {
            setSaid(words);
            void fetchChain.run();
          }}
        />
      )}
    </Card>
  );
}
